// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import io.netty.handler.codec.http.HttpResponseStatus;

/** The words that belong to status codes. */
public final class ReasonPhrases {

  private ReasonPhrases() {}

  /**
   * The words of a status.
   *
   * @param status 100 to 999
   * @return as the registry of status codes has them where it has
   */
  public static String of(int status) {
    // The registry renamed these in RFC 9110.
    return switch (status) {
      case 413 -> "Content Too Large";
      case 414 -> "URI Too Long";
      case 422 -> "Unprocessable Content";
      default -> HttpResponseStatus.valueOf(status).reasonPhrase();
    };
  }
}
