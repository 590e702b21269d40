// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.SessionContext;
import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.api.rpc.RequestLimits;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHeaders;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What an application sees of a request's head and of its connection. Not written to once the
 * application has it: any thread.
 */
abstract class RequestView implements RpcContext {

  private final RequestHead head;
  private final SessionContext connection;

  // Written on the loop, before the application is called.
  private HttpConfiguration limits;
  private OwnLimits own = OwnLimits.NONE;

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

  /** Its application has these for it. */
  final void limitedBy(RequestLimits limitsOfItsOwn) {
    own = new OwnLimits(limitsOfItsOwn);
    limits = limitsOfItsOwn.within(limits);
  }

  /**
   * The limits of the request.
   *
   * @return the interface's {@code http_configuration}, with what its application has of its own
   */
  protected final HttpConfiguration limits() {
    return limits;
  }

  /**
   * What the application has of its own.
   *
   * @return beside {@link #limits}
   */
  protected final OwnLimits ownLimits() {
    return own;
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
