// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** The methods of requests (RFC 9110, section 9, and RFC 5789). */
public final class Methods {

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

  /**
   * What a request line begins with, by methods that are known.
   *
   * @return each with the space behind it
   */
  public static String[] beginnings() {
    return Stream.concat(SERVED.stream(), REFUSED.stream())
        .map(method -> method + " ")
        .toArray(String[]::new);
  }

  /**
   * A method's name.
   *
   * @param line holds it
   * @param from its first byte
   * @param to behind its last
   * @return one object for each known name
   */
  public static String name(byte[] line, int from, int to) {
    if (to - from == 3 && line[from] == 'G' && line[from + 1] == 'E' && line[from + 2] == 'T') {
      return "GET";
    }
    String name = new String(line, from, to - from, StandardCharsets.ISO_8859_1);
    return name(name);
  }

  /**
   * A method's name.
   *
   * @param text any
   * @return one object for each known name
   */
  public static String name(String text) {
    return NAMES.getOrDefault(text, text);
  }

  /**
   * Whether a request without content says that it has none, since some would be expected (RFC
   * 9110, section 8.6).
   *
   * @param method in upper case
   * @return {@code true} for {@code POST}, {@code PUT} and {@code PATCH}
   */
  public static boolean meansContent(String method) {
    return switch (method) {
      case "POST", "PUT", "PATCH" -> true;
      default -> false;
    };
  }

  /**
   * Refuses what no application is asked.
   *
   * @param method in upper case
   * @throws HttpRefusal {@link HttpProblem#METHOD_NOT_ALLOWED} or {@link
   *     HttpProblem#METHOD_NOT_IMPLEMENTED}
   */
  public static void check(String method) throws HttpRefusal {
    if (!SERVED.contains(method)) {
      throw new HttpRefusal(
          REFUSED.contains(method)
              ? HttpProblem.METHOD_NOT_ALLOWED
              : HttpProblem.METHOD_NOT_IMPLEMENTED);
    }
  }
}
