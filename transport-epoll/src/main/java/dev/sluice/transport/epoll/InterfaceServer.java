// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.session.bridge.Endpoint;
import java.io.IOException;
import java.net.InetSocketAddress;

/**
 * The listening end of one interface, whatever carries it. Binding and serving are two steps, so
 * that a node can bind every interface before it serves the first one.
 *
 * <p>{@link #bind}, {@link #listen} and {@link #close} are for one thread at a time; {@code close}
 * is safe at every state and more than once.
 */
public sealed interface InterfaceServer extends AutoCloseable
    permits OpenSslServer, DatagramServer {

  /**
   * Binds the interface's address and does not serve yet.
   *
   * @return the address, port 0 resolved
   * @throws IOException if the address can't be bound, with the address and the reason
   */
  InetSocketAddress bind() throws IOException;

  /**
   * Begins to serve.
   *
   * @throws IOException if the kernel refuses
   */
  void listen() throws IOException;

  /**
   * Whether it serves, or has served.
   *
   * @return {@code false} before {@link #listen}
   */
  boolean listening();

  /**
   * Where it is bound.
   *
   * @return port 0 resolved
   * @throws IllegalStateException before {@link #bind}
   */
  InetSocketAddress address();

  /**
   * What it was made with.
   *
   * @return the same always
   */
  InterfaceOptions options();

  /**
   * The interface's connections.
   *
   * @return the same always
   */
  Endpoint endpoint();

  /** Takes no new connections. Those that there are live on. */
  @Override
  void close();
}
