// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.outbound;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import java.util.Objects;

/**
 * Makes the client's end of connections that the node opens.
 *
 * @param <S> what its sessions are to those who asked for the connection
 */
@FunctionalInterface
public interface ClientSessionFactory<S extends Session> {

  /**
   * Makes the session of a connection that stands: connected, and under TLS after the handshake.
   *
   * <p>Called once a connection, in the session's own order (see {@link #execution()}), before any
   * of its bytes are delivered. The writer already works: a greeting may be written, and {@link
   * SessionWriter#context} read, from within this call; the context tells the ALPN name that was
   * agreed on. An exception or {@code null} closes the connection, and whoever asked for it hears
   * {@link OutboundException.Kind#SESSION_FAILED}.
   *
   * @param id the connection's id, whose value is negative
   * @param writer the way to the peer, bound to this connection
   * @return a session of this connection alone
   */
  S create(ConnId id, SessionWriter writer);

  /**
   * Where the calls into the sessions run.
   *
   * @return {@link Execution#WORKERS} by default, so that a session may block; the same always
   */
  default Execution execution() {
    return Execution.WORKERS;
  }

  /**
   * What the node's lists and records call the protocol of these connections.
   *
   * @return such as the protocol's {@link CustomProtocolSubsystem#name}; {@code CLIENT} by default
   */
  default String name() {
    return "CLIENT";
  }

  /**
   * A factory with answers of its own.
   *
   * @param <S> what its sessions are to those who asked for the connection
   * @param name for lists and records
   * @param execution where the calls into the sessions run
   * @param create makes the session
   * @return as given
   */
  static <S extends Session> ClientSessionFactory<S> of(
      String name, Execution execution, ClientSessionFactory<S> create) {
    Objects.requireNonNull(name);
    Objects.requireNonNull(execution);
    Objects.requireNonNull(create);
    return new ClientSessionFactory<>() {
      @Override
      public S create(ConnId id, SessionWriter writer) {
        return create.create(id, writer);
      }

      @Override
      public Execution execution() {
        return execution;
      }

      @Override
      public String name() {
        return name;
      }
    };
  }
}
