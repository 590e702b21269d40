// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.SessionContext;
import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHeaders;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What an application sees of a request's head and of its connection. Never written to: any thread.
 */
abstract class RequestView implements RpcContext {

  private final RequestHead head;
  private final SessionContext connection;
  private final HttpConfiguration limits;

  RequestView(RequestHead head, SessionContext connection) {
    this.head = head;
    this.connection = connection;
    this.limits = connection.rpc().http();
  }

  /**
   * The request.
   *
   * @return as it was parsed
   */
  protected final RequestHead head() {
    return head;
  }

  /**
   * The interface's limits.
   *
   * @return its {@code http_configuration}
   */
  protected final HttpConfiguration limits() {
    return limits;
  }

  @Override
  public final SessionContext connection() {
    return connection;
  }

  @Override
  public final String protocol() {
    return head.protocol();
  }

  @Override
  public final String method() {
    return head.method();
  }

  @Override
  public final String authority() {
    return head.authority();
  }

  @Override
  public final String path() {
    return head.path();
  }

  @Override
  public final Optional<String> query() {
    return Optional.ofNullable(head.query());
  }

  @Override
  public final RpcHeaders headers() {
    return head.headers();
  }

  @Override
  public final OptionalLong contentLength() {
    return head.contentLength() == RequestHead.UNKNOWN_LENGTH
        ? OptionalLong.empty()
        : OptionalLong.of(head.contentLength());
  }
}
