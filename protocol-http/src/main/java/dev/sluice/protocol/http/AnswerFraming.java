// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.rpc.RpcResponse;

/**
 * What is said of an answer's content, the same in every version of HTTP and whatever the
 * application says (RFC 9110, sections 6.4.1 and 8.6).
 *
 * @param length of the content, {@link #NO_LENGTH} where it is not said
 * @param content whether there may be content; else the answer ends with its head
 * @param dated whether the application has given a Date field, which then stands
 */
public record AnswerFraming(long length, boolean content, boolean dated) {

  /** Where no length is said. */
  public static final long NO_LENGTH = -1;

  /** Of what is told before an answer: no length, as section 8.6 has it, and no date. */
  public static final AnswerFraming INTERIM = new AnswerFraming(NO_LENGTH, false, true);

  /** More digits may not fit into a number. */
  private static final int LENGTH_DIGITS = 18;

  /**
   * Of an answer that is there as a whole. Its own length counts, not what the application says,
   * except where the content is not there.
   *
   * @param method the request's
   * @param response the answer
   * @param bytes of its body
   * @return what to say
   */
  public static AnswerFraming whole(String method, RpcResponse response, int bytes) {
    if (bytes == 0 && isBodiless(method, response.status())) {
      return streamed(method, response);
    }
    return of(method, response, bytes);
  }

  /**
   * Of an answer whose body comes in parts: its length is what the application declares.
   *
   * @param method the request's
   * @param response the head
   * @return what to say
   */
  public static AnswerFraming streamed(String method, RpcResponse response) {
    return of(method, response, declared(response));
  }

  private static AnswerFraming of(String method, RpcResponse response, long known) {
    int status = response.status();
    // Section 8.6: never with 204. Section 15.3.6: 205 has none, and its end has to be told.
    long length = status == 204 ? NO_LENGTH : status == 205 ? 0 : known;
    return new AnswerFraming(length, !isBodiless(method, status), isDated(response));
  }

  /** With 304, and to HEAD, the length is that of the answer to GET: known or not said. */
  private static boolean isBodiless(String method, int status) {
    return status == 204 || status == 205 || status == 304 || method.equals("HEAD");
  }

  /**
   * Whether a field is the length, which is said by {@link #length} alone.
   *
   * @param name in any case
   * @return {@code true} for {@code content-length}
   */
  public static boolean isLength(String name) {
    return name.length() == 14 && name.equalsIgnoreCase("content-length");
  }

  private static boolean isDated(RpcResponse response) {
    for (int i = 0; i < response.fieldCount(); i++) {
      String name = response.fieldName(i);
      if (name.length() == 4 && name.equalsIgnoreCase("date")) {
        return true;
      }
    }
    return false;
  }

  private static long declared(RpcResponse response) {
    for (int i = 0; i < response.fieldCount(); i++) {
      if (isLength(response.fieldName(i)) && isNumber(response.fieldValue(i))) {
        return Long.parseLong(response.fieldValue(i));
      }
    }
    return NO_LENGTH;
  }

  private static boolean isNumber(String value) {
    return !value.isEmpty()
        && value.length() <= LENGTH_DIGITS
        && value.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  /** Refuses trailers that say how the message is read, as from clients. */
  static void checkTrailers(RpcResponse trailers) {
    for (int i = 0; i < trailers.fieldCount(); i++) {
      String name = trailers.fieldName(i);
      if (RequestFields.isForbiddenTrailer(name)) {
        throw new IllegalArgumentException("no trailer may be " + name);
      }
    }
  }
}
