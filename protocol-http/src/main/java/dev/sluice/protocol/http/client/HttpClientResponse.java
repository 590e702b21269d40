// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.rpc.RpcHeaders;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A whole response, gathered in memory. May be kept and read by any thread. */
public final class HttpClientResponse {

  private final HttpResponseHead head;
  private final byte[] body;
  private final RpcHeaders trailers;
  private final @Nullable URI redirectedTo;

  HttpClientResponse(
      HttpResponseHead head, byte[] body, RpcHeaders trailers, @Nullable URI redirectedTo) {
    this.head = head;
    this.body = body;
    this.trailers = trailers;
    this.redirectedTo = redirectedTo;
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

  /**
   * Where redirects have led to.
   *
   * @return whose response this is; empty where none was followed
   */
  public Optional<URI> redirectedTo() {
    return Optional.ofNullable(redirectedTo);
  }
}
