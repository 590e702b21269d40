// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.session.bridge.DatagramOptions;
import dev.sluice.session.bridge.Endpoint;
import dev.sluice.transport.epoll.datagram.DatagramSockets;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** One UDP interface, with a session for each peer address. */
public final class DatagramServer implements InterfaceServer {

  private final InterfaceOptions options;
  private final Endpoint endpoint;
  private final DatagramSockets sockets;
  private @Nullable InetSocketAddress bound;

  DatagramServer(EpollTransport transport, InterfaceOptions options, DatagramOptions datagrams) {
    this.options = options;
    this.endpoint = transport.connections().endpoint(options.endpoint());
    this.sockets =
        new DatagramSockets(
            endpoint, datagrams, transport.nextLoop(), transport.options().allocator());
  }

  /**
   * {@inheritDoc} What arrives from now on waits in the kernel. Nobody else can bind the address
   * meanwhile or later.
   */
  @Override
  public InetSocketAddress bind() throws IOException {
    if (bound != null) {
      throw new IllegalStateException("bound already");
    }
    try {
      bound = sockets.bind(options.bindAddress());
      return bound;
    } catch (IOException e) {
      throw OpenSslServer.failure("can't bind ", options.bindAddress(), e);
    }
  }

  @Override
  public void listen() throws IOException {
    if (bound == null) {
      throw new IllegalStateException("not bound");
    }
    sockets.listen();
  }

  @Override
  public boolean listening() {
    return sockets.listening();
  }

  @Override
  public InetSocketAddress address() {
    InetSocketAddress address = bound;
    if (address == null) {
      throw new IllegalStateException("not bound");
    }
    return address;
  }

  @Override
  public InterfaceOptions options() {
    return options;
  }

  @Override
  public Endpoint endpoint() {
    return endpoint;
  }

  /**
   * {@inheritDoc} The socket is theirs too: the port is given up when the last one has ended, at
   * once where there is none.
   */
  @Override
  public void close() {
    sockets.close();
  }
}
