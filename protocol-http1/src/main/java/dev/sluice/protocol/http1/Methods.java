// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;

/** The methods of requests (RFC 9110, section 9, and RFC 5789). */
final class Methods {

  /** What applications may be asked. */
  private static final Set<String> SERVED =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS");

  /** Known, and never served: a tunnel, and an echo of what may be secret. */
  private static final Set<String> REFUSED = Set.of("CONNECT", "TRACE");

  private static final Map<String, String> NAMES =
      Map.of(
          "GET", "GET", "HEAD", "HEAD", "POST", "POST", "PUT", "PUT", "PATCH", "PATCH", "DELETE",
          "DELETE", "OPTIONS", "OPTIONS");

  private Methods() {}

  /** One object for each known name. */
  static String name(byte[] line, int from, int to) {
    if (to - from == 3 && line[from] == 'G' && line[from + 1] == 'E' && line[from + 2] == 'T') {
      return "GET";
    }
    String name = new String(line, from, to - from, StandardCharsets.ISO_8859_1);
    return NAMES.getOrDefault(name, name);
  }

  static boolean isServed(String method) {
    return SERVED.contains(method);
  }

  static boolean isRefused(String method) {
    return REFUSED.contains(method);
  }
}
