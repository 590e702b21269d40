// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.protocol.http.FieldBlock;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.HttpRefusal;
import java.util.List;

/** What requests and responses have in common, by RFC 9112. */
final class MessageRules {

  private MessageRules() {}

  /** Section 6.3: the last coding is chunked, and once; section 6.1: others are not known. */
  static void checkCodings(List<String> values) throws HttpRefusal {
    boolean known = true;
    boolean chunked = false;
    for (String value : values) {
      for (String coding : value.split(",", -1)) {
        String name = coding.strip();
        if (name.isEmpty()) {
          continue; // RFC 9110, section 5.6.1.2: empty elements of a list count for nothing.
        }
        if (chunked) {
          throw new HttpRefusal(HttpProblem.INVALID_FRAMING);
        }
        chunked = name.equalsIgnoreCase("chunked");
        known &= chunked;
      }
    }
    if (!chunked) {
      throw new HttpRefusal(HttpProblem.INVALID_FRAMING);
    }
    if (!known) {
      throw new HttpRefusal(HttpProblem.CODING_NOT_IMPLEMENTED);
    }
  }

  /** Section 9.3: whether the connection stays behind this message. */
  static boolean keepAlive(FieldBlock fields, boolean http10) {
    int first = fields.find("connection", 0);
    if (first < 0) {
      return !http10;
    }
    if (fields.hasValue(first, "keep-alive") && fields.find("connection", first + 1) < 0) {
      return true; // As browsers have it.
    }
    List<String> values = fields.all("connection");
    return !containsToken(values, "close") && (!http10 || containsToken(values, "keep-alive"));
  }

  private static boolean containsToken(List<String> values, String token) {
    for (String value : values) {
      for (String option : value.split(",", -1)) {
        if (option.strip().equalsIgnoreCase(token)) {
          return true;
        }
      }
    }
    return false;
  }
}
