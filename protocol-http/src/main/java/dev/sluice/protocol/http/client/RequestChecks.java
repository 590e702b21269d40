// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.protocol.http.RequestFields;
import java.time.Duration;

/** What a caller may give. */
final class RequestChecks {

  private RequestChecks() {}

  static void checkMethod(String method) {
    if (!OutgoingFields.isToken(method) || method.equals("CONNECT")) {
      throw new IllegalArgumentException("no method of a request: '" + method + "'");
    }
  }

  static void checkTarget(String method, String target) {
    boolean valid = target.startsWith("/") || (target.equals("*") && method.equals("OPTIONS"));
    for (int i = 0; i < target.length() && valid; i++) {
      char c = target.charAt(i);
      valid = c > ' ' && c < 0x7f && c != '#';
    }
    if (!valid) {
      throw new IllegalArgumentException(
          "a target begins with a slash, is percent-encoded and has no fragment");
    }
  }

  /** As those that arrive: none says how the message is framed, routed or read. */
  static void checkTrailers(OutgoingFields trailers) {
    for (int i = 0; i < trailers.size(); i++) {
      if (RequestFields.isForbiddenTrailer(trailers.name(i))) {
        throw new IllegalArgumentException("no trailer may be " + trailers.name(i));
      }
    }
  }

  static Duration positive(Duration time) {
    if (time.isNegative() || time.isZero()) {
      throw new IllegalArgumentException("a timeout of " + time);
    }
    return time;
  }
}
