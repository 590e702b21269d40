// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Opens client connections to loopback on one event loop: the one way in which every load gets its
 * connections, so that all have the same socket options and the same TLS.
 *
 * <p>Sessions are never resumed: the engines know no peer's name to remember one by.
 */
final class Connector implements AutoCloseable {

  private static final long CLOSE_NOTIFY_WAIT_MILLIS = 1_000;

  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private final @Nullable SslContext tls;
  private final @Nullable String alpn;
  private final Bootstrap bootstrap =
      new Bootstrap()
          .group(group)
          .channel(EpollSocketChannel.class)
          .option(ChannelOption.TCP_NODELAY, true);

  private Connector(@Nullable SslContext tls, @Nullable String alpn) {
    this.tls = tls;
    this.alpn = alpn;
  }

  static Connector create(boolean secure) throws SSLException {
    return new Connector(secure ? Tls.client() : null, null);
  }

  /** Over TLS, and to servers alone that agree on this protocol by ALPN. */
  static Connector create(String alpn) throws SSLException {
    return new Connector(Tls.client(alpn), alpn);
  }

  /** For connections of another kind. */
  EventLoopGroup group() {
    return group;
  }

  /** The thread of all connections. */
  EventExecutor loop() {
    return group.next();
  }

  /** Connects; complete when bytes may be written, under TLS after the handshake. */
  Future<Channel> connect(int port, ChannelHandler handler) {
    Promise<Channel> ready = loop().newPromise();
    ChannelFuture connecting =
        bootstrap
            .clone()
            .handler(new Initializer(handler))
            .connect(InetAddress.getLoopbackAddress(), port);
    connecting.addListener(
        done -> {
          if (!done.isSuccess()) {
            ready.setFailure(done.cause());
          } else if (tls == null) {
            ready.setSuccess(connecting.channel());
          } else {
            awaitHandshake(connecting.channel(), ready);
          }
        });
    return ready;
  }

  private void awaitHandshake(Channel channel, Promise<Channel> ready) {
    SslHandler handler = channel.pipeline().get(SslHandler.class);
    handler
        .handshakeFuture()
        .addListener(
            done -> {
              if (!done.isSuccess()) {
                ready.setFailure(done.cause());
                return;
              }
              SSLSession session = handler.engine().getSession();
              if (Tls.VERSION.equals(session.getProtocol())
                  && Tls.CIPHER_SUITE.equals(session.getCipherSuite())
                  && Objects.equals(alpn, handler.applicationProtocol())) {
                ready.setSuccess(channel);
              } else {
                ready.setFailure(
                    new SSLException(
                        "not what is to be measured: "
                            + session.getProtocol()
                            + " "
                            + session.getCipherSuite()
                            + " "
                            + handler.applicationProtocol()));
                channel.close();
              }
            });
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private final class Initializer extends ChannelInitializer<Channel> {

    private final ChannelHandler handler;

    Initializer(ChannelHandler handler) {
      this.handler = handler;
    }

    @Override
    protected void initChannel(Channel channel) {
      if (tls != null) {
        SslHandler secure = tls.newHandler(channel.alloc());
        // A socket closed before the peer's close_notify came answers it by a reset, and the
        // server would be measured at cleaning up after resets.
        secure.setCloseNotifyReadTimeoutMillis(CLOSE_NOTIFY_WAIT_MILLIS);
        channel.pipeline().addLast(secure);
      }
      channel.pipeline().addLast(handler);
    }
  }
}
