// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.session.bridge.Endpoint;
import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.transport.epoll.stream.ChannelSettings;
import dev.sluice.transport.epoll.stream.StreamChannels;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The listener of one TCP interface: binds, listens, accepts. Binding and listening are two steps,
 * so that a node can bind every interface before it serves the first one, and so that an interface
 * without a certificate can hold its port while the kernel refuses clients.
 *
 * <p>{@link #bind}, {@link #listen} and {@link #close} are for one thread at a time; {@code close}
 * is safe at every state and more than once.
 */
public final class OpenSslServer implements InterfaceServer {

  private static final Logger log = LoggerFactory.getLogger(OpenSslServer.class);

  /** How long accepting rests when the process is out of descriptors. */
  private static final long BACK_OFF_MILLIS = 100;

  /** How long the log is spared a second line of that: room for one comes and goes quickly. */
  private static final long QUIET_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** Room for an IPv6 address as Netty's native code writes it, its length before it. */
  private static final int PEER_ADDRESS = 26;

  private final EpollTransport transport;
  private final ChannelSettings channels;
  private final InterfaceOptions options;
  private final Endpoint endpoint;
  private final StreamChannels streams;
  private @Nullable Socket bound;
  private @Nullable InetSocketAddress boundAddress;
  private @Nullable Channel listening;

  OpenSslServer(EpollTransport transport, ChannelSettings channels, InterfaceOptions options) {
    this.transport = transport;
    this.channels = channels;
    this.options = options;
    this.endpoint = transport.connections().endpoint(options.endpoint());
    this.streams = new StreamChannels(channels, endpoint, options.tls());
  }

  /**
   * Binds the interface's address and does not listen: clients are refused by the kernel.
   *
   * @return the address, port 0 resolved
   * @throws IOException if the address can't be bound, with the address and the reason
   */
  @Override
  public InetSocketAddress bind() throws IOException {
    if (bound != null) {
      throw new IllegalStateException("bound already");
    }
    InetSocketAddress address = options.bindAddress();
    Socket socket = Socket.newSocketStream();
    try {
      // Lets the port be bound while old connections of it linger in TIME_WAIT ...
      socket.setReuseAddress(true);
      socket.bind(address);
      // ... and nobody else bind it as long as this socket does not listen.
      socket.setReuseAddress(false);
      bound = socket;
      boundAddress = socket.localAddress();
      return boundAddress;
    } catch (IOException e) {
      socket.close();
      throw failure("can't bind ", address, e);
    }
  }

  /** Host as it was written, and port: an InetSocketAddress prints more than a person wants. */
  static String display(InetSocketAddress address) {
    String host = address.getHostString();
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.getPort();
  }

  /** The kernel's words without Netty's, which go before a colon. */
  static IOException failure(String what, InetSocketAddress address, IOException cause) {
    String message = String.valueOf(cause.getMessage());
    String reason = message.substring(message.lastIndexOf(": ") + 1).trim();
    return (IOException)
        new BindException(what + display(address) + ": " + reason).initCause(cause);
  }

  /**
   * Begins to accept.
   *
   * @throws IOException if the kernel refuses, as when another process took the port
   */
  @Override
  public void listen() throws IOException {
    Socket socket = bound;
    if (socket == null || listening != null) {
      throw new IllegalStateException(socket == null ? "not bound" : "listening already");
    }
    try {
      // The kernel looks once more whether the port is free. From here on nobody else can listen.
      socket.setReuseAddress(true);
      socket.listen(options.backlog());
    } catch (IOException e) {
      throw failure("can't listen on ", address(), e);
    }
    EpollServerSocketChannel channel = new EpollServerSocketChannel(socket.intValue());
    channel.config().setAllocator(transport.options().allocator());
    channel.pipeline().addLast(new Acceptor());
    listening = channel;
    channels.nextLoop().register(channel).syncUninterruptibly();
  }

  /**
   * Whether {@link #listen} has been called with success, also if it was closed since.
   *
   * @return {@code false} while the kernel refuses clients
   */
  @Override
  public boolean listening() {
    return listening != null;
  }

  /**
   * Where it is bound.
   *
   * @return port 0 resolved
   * @throws IllegalStateException before {@link #bind}
   */
  @Override
  public InetSocketAddress address() {
    InetSocketAddress address = boundAddress;
    if (address == null) {
      throw new IllegalStateException("not bound");
    }
    return address;
  }

  @Override
  public InterfaceOptions options() {
    return options;
  }

  /**
   * The interface's connections.
   *
   * @return the same always
   */
  @Override
  public Endpoint endpoint() {
    return endpoint;
  }

  /** Stops accepting and gives the port up. Connections live on. */
  @Override
  public void close() {
    Channel channel = listening;
    Socket socket = bound;
    if (channel != null) {
      if (channel.isOpen()) {
        // On the listener's loop, so that nothing is accepted beside it.
        channel.eventLoop().submit(() -> closeBehind(channel)).syncUninterruptibly();
        channel.closeFuture().syncUninterruptibly();
      }
    } else if (socket != null && socket.isOpen()) {
      try {
        socket.close();
      } catch (IOException e) {
        log.debug("closing a bound socket", e);
      }
    }
  }

  /**
   * Takes in what the kernel has accepted already: it would reset those connections, whose clients
   * may have sent a request each.
   */
  private void closeBehind(Channel channel) {
    Socket socket = Objects.requireNonNull(bound);
    byte[] peer = new byte[PEER_ADDRESS];
    try {
      for (int left = options.backlog(); channel.isOpen() && left > 0; left--) {
        int accepted = socket.accept(peer);
        if (accepted < 0) {
          break;
        }
        streams.accept(new EpollSocketChannel(accepted));
      }
    } catch (IOException e) {
      log.debug("{}: accepting the last ones", options.name(), e);
    }
    channel.close();
  }

  private final class Acceptor extends ChannelInboundHandlerAdapter {
    private boolean told;
    private long toldAt;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object child) {
      streams.accept((Channel) child);
    }

    /** Accepting failed, nearly always for want of descriptors: rests, and says so now and then. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      rest(ctx.channel());
      endpoint.metrics().error(EndpointMetrics.Errors.ACCEPT);
      long now = System.nanoTime();
      if (!told || now - toldAt > QUIET_NANOS) {
        told = true;
        toldAt = now;
        log.warn("{}: accepting rests: {}", options.name(), cause.getMessage());
      }
    }

    /** First the end of the rest: without descriptors anything may fail, and must not last. */
    private void rest(Channel channel) {
      if (channel.config().isAutoRead()) {
        channel
            .eventLoop()
            .schedule(
                () -> {
                  channel.config().setAutoRead(true);
                },
                BACK_OFF_MILLIS,
                TimeUnit.MILLISECONDS);
        channel.config().setAutoRead(false);
      }
    }
  }
}
