// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.rpc.RpcResponse;
import java.util.Locale;

/**
 * Everything that the node itself answers requests with in place of an application, as
 * application/problem+json (RFC 9457). The code of each is stable: clients may go by it, and the
 * interface counts by it. No text of a request comes back in any of them.
 */
public enum HttpProblem {
  /** RFC 9112, section 3: not method, target and version with one space between. */
  INVALID_REQUEST_LINE(400, "The request line is malformed."),
  /** RFC 9112, section 3.2. */
  INVALID_TARGET(400, "The request target is malformed."),
  /** RFC 9112, section 5. */
  INVALID_HEADER(400, "A header field is malformed."),
  /** RFC 9112, section 5.2. */
  OBSOLETE_FOLDING(400, "A header field goes on over more than one line."),
  /** RFC 9112, section 2.2. */
  INVALID_LINE_END(400, "A line does not end with CR and LF."),
  /** RFC 9112, section 3.2: none, more than one, or a malformed one. */
  INVALID_HOST(400, "A request has exactly one valid Host field."),
  /** RFC 9112, section 6. */
  INVALID_FRAMING(400, "The length of the body can't be told for certain."),
  /** RFC 9112, section 7.1. */
  INVALID_CHUNK(400, "The body's chunks are malformed."),
  /** RFC 9110, section 6.5.1. */
  INVALID_TRAILER(400, "A trailer field is malformed or not allowed."),
  /** An endpoint's parameter that is no text, or a rest of the path with dot segments. */
  INVALID_PARAMETER(400, "A part of the path can't be decoded, or leads elsewhere."),
  /** No application, or none of its endpoints. */
  NOT_FOUND(404, "There is nothing at this path."),
  /** RFC 9110, section 15.5.6. */
  METHOD_NOT_ALLOWED(405, "The method is not allowed here."),
  /** RFC 9110, section 15.5.9: the request did not come in time. */
  REQUEST_TIMEOUT(408, "The request did not arrive in time."),
  /** RFC 9110, section 15.5.14. */
  BODY_TOO_LARGE(413, "The body is longer than is taken here."),
  /** RFC 9110, section 15.5.15. */
  TARGET_TOO_LONG(414, "The request target is longer than is taken here."),
  /** RFC 9110, section 15.5.18. */
  EXPECTATION_FAILED(417, "No other expectation than 100-continue can be met."),
  /** RFC 9110, sections 7.4 and 15.5.20: the target's scheme is not that of the connection. */
  MISDIRECTED(421, "The scheme of the target is not served on this connection."),
  /** RFC 6585, section 5. */
  HEADERS_TOO_LARGE(431, "There are more header fields, or longer ones, than are taken here."),
  /** An application failed before it answered. */
  HANDLER_FAILED(500, "The application failed."),
  /** RFC 9110, section 15.6.2. */
  METHOD_NOT_IMPLEMENTED(501, "The method is not known here."),
  /** RFC 9112, section 6.1. */
  CODING_NOT_IMPLEMENTED(501, "The transfer coding is not known here."),
  /** The interface has as many connections as it serves. */
  CAPPED(503, "There are too many connections; try again later."),
  /** An application did not answer in time. */
  HANDLER_TIMEOUT(503, "The application did not answer in time."),
  /** A body that is gathered finds no room on the node, and nothing makes any. */
  INBOUND_FULL(503, "There is no room for the body; try again later."),
  /** RFC 9110, section 15.6.6. */
  VERSION_NOT_SUPPORTED(505, "The version of HTTP is not served here.");

  private final int status;
  private final String code;
  private final String json;

  HttpProblem(int status, String detail) {
    this.status = status;
    this.code = name().toLowerCase(Locale.ROOT);
    this.json =
        "{\"type\":\"about:blank\",\"title\":\""
            + ReasonPhrases.of(status)
            + "\",\"status\":"
            + status
            + ",\"code\":\""
            + code
            + "\",\"detail\":\""
            + detail
            + "\"}\n";
  }

  /**
   * The status that it is answered with.
   *
   * @return 400 to 505
   */
  public int status() {
    return status;
  }

  /**
   * What it is called in the answer and in the interface's counters.
   *
   * @return such as {@code body_too_large}
   */
  public String code() {
    return code;
  }

  /**
   * A new answer.
   *
   * @return with its body
   */
  public RpcResponse response() {
    return RpcResponse.of(status)
        .header("content-type", "application/problem+json")
        .header("x-content-type-options", "nosniff")
        .body(json);
  }
}
