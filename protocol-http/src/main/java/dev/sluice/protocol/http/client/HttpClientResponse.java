// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.rpc.RpcHeaders;
import java.nio.charset.StandardCharsets;

/** A whole response, gathered in memory. May be kept and read by any thread. */
public final class HttpClientResponse {

  private final HttpResponseHead head;
  private final byte[] body;
  private final RpcHeaders trailers;

  HttpClientResponse(HttpResponseHead head, byte[] body, RpcHeaders trailers) {
    this.head = head;
    this.body = body;
    this.trailers = trailers;
  }

  /**
   * What it began with.
   *
   * @return status, fields, version
   */
  public HttpResponseHead head() {
    return head;
  }

  /**
   * The status.
   *
   * @return 200 to 999
   */
  public int status() {
    return head.status();
  }

  /**
   * The header fields.
   *
   * @return as they came
   */
  public RpcHeaders headers() {
    return head.headers();
  }

  /**
   * The body.
   *
   * @return the response's own array; empty where there was none
   */
  public byte[] body() {
    return body;
  }

  /**
   * The body as a text.
   *
   * @return read as UTF-8, whatever the fields say
   */
  public String text() {
    return new String(body, StandardCharsets.UTF_8);
  }

  /**
   * The fields behind the body.
   *
   * @return empty where there are none
   */
  public RpcHeaders trailers() {
    return trailers;
  }
}
