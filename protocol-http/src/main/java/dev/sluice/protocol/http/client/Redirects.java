// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.rpc.OutgoingFields;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a redirect makes of a request (RFC 9110, section 15.4). */
final class Redirects {

  /** Section 15.4, step 5: about a body that is not sent again. */
  private static final Set<String> OF_THE_BODY =
      Set.of(
          "content-disposition",
          "content-encoding",
          "content-language",
          "content-location",
          "content-type",
          "digest",
          "content-digest",
          "repr-digest",
          "last-modified",
          "trailer");

  /** Step 3: for the origin that they were meant for, and no other. */
  private static final Set<String> CREDENTIALS =
      Set.of("authorization", "cookie", "cookie2", "proxy-authorization");

  private Redirects() {}

  /**
   * The method of the next request.
   *
   * @return null: the response is no redirect that is followed by itself
   */
  static @Nullable String method(int status, String method) {
    return switch (status) {
      // As everybody does (sections 15.4.2 and 15.4.3).
      case 301, 302 -> method.equals("POST") ? "GET" : method;
      case 303 -> method.equals("HEAD") ? method : "GET";
      case 307, 308 -> method;
      default -> null;
    };
  }

  /**
   * What a request asks for, which its redirects are relative to.
   *
   * @return null: it is not known well enough to follow one
   */
  static @Nullable RequestUri resource(
      ConnectionPools pools, Destination to, HttpClientRequest request) {
    String path = request.target().startsWith("/") ? request.target() : "/";
    RequestUri uri = request.uri();
    String authority = request.authority().orElseGet(() -> pools.authority(to));
    if (uri != null && uri.authority().equals(authority) && uri.secure() == to.secure()) {
      return uri;
    }
    return RequestUri.of(to.secure(), authority, path);
  }

  /**
   * The next request, without its body.
   *
   * @param home whether it stays within the origin
   * @param body whether it has the same body
   */
  static HttpClientRequest request(
      HttpClientRequest from, String method, RequestUri to, boolean home, boolean body) {
    HttpClientRequest next = HttpClientRequest.to(method, to, to.pathAndQuery());
    if (home) {
      from.authority().ifPresent(next::authority);
    }
    OutgoingFields fields = from.fields();
    for (int i = 0; i < fields.size(); i++) {
      String name = fields.name(i).toLowerCase(Locale.ROOT);
      boolean gone =
          (!body && OF_THE_BODY.contains(name))
              || (!home && CREDENTIALS.contains(name))
              || (from.wantsDecoded() && name.equals("accept-encoding"));
      if (!gone) {
        next.fields().add(fields.name(i), fields.value(i));
      }
    }
    next.copyLimits(from, body);
    return next;
  }
}
