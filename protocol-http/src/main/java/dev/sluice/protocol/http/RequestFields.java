// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import java.util.List;
import java.util.Locale;
import java.util.Set;

/** What every version reads out of header fields in the same way. */
public final class RequestFields {

  /** More digits than any length has that is taken. */
  private static final int LENGTH_DIGITS = 18;

  /** RFC 9110, section 6.5.1: they say how the message is read, or who sent it and where to. */
  private static final Set<String> FORBIDDEN_TRAILERS =
      Set.of(
          "authorization",
          "connection",
          "content-encoding",
          "content-length",
          "content-range",
          "content-type",
          "cookie",
          "expect",
          "host",
          "keep-alive",
          "max-forwards",
          "proxy-authorization",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private RequestFields() {}

  /**
   * Reads a length: digits and nothing else (RFC 9110, section 8.6).
   *
   * @param text the field's value
   * @return {@link Long#MAX_VALUE} for one beyond every limit
   * @throws HttpRefusal {@link HttpProblem#INVALID_FRAMING}
   */
  public static long contentLength(CharSequence text) throws HttpRefusal {
    long number = 0;
    int digits = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        throw new HttpRefusal(HttpProblem.INVALID_FRAMING);
      }
      if (digits > 0 || c != '0') {
        digits++;
      }
      number = digits > LENGTH_DIGITS ? Long.MAX_VALUE : number * 10 + c - '0';
    }
    if (text.isEmpty()) {
      throw new HttpRefusal(HttpProblem.INVALID_FRAMING);
    }
    return number;
  }

  /**
   * Reads expectations (RFC 9110, section 10.1.1).
   *
   * @param values of the request's Expect fields
   * @return whether there was one, which can only be 100-continue
   * @throws HttpRefusal {@link HttpProblem#EXPECTATION_FAILED} for any other
   */
  public static boolean expectsContinue(List<String> values) throws HttpRefusal {
    boolean expects = false;
    for (String value : values) {
      for (String element : value.split(",", -1)) {
        String expectation = element.strip();
        if (expectation.isEmpty()) {
          continue; // Section 5.6.1.2: empty elements of a list count for nothing.
        }
        if (!expectation.equalsIgnoreCase("100-continue")) {
          throw new HttpRefusal(HttpProblem.EXPECTATION_FAILED);
        }
        expects = true;
      }
    }
    return expects;
  }

  /**
   * Refuses a field that no trailer may be.
   *
   * @param name in any case
   * @throws HttpRefusal {@link HttpProblem#INVALID_TRAILER}
   */
  public static void checkTrailer(String name) throws HttpRefusal {
    if (isForbiddenTrailer(name)) {
      throw new HttpRefusal(HttpProblem.INVALID_TRAILER);
    }
  }

  /**
   * Whether no trailer may be of this name.
   *
   * @param name in any case
   * @return {@code true} for {@code content-length} and their kind
   */
  public static boolean isForbiddenTrailer(String name) {
    return FORBIDDEN_TRAILERS.contains(name.toLowerCase(Locale.ROOT));
  }
}
