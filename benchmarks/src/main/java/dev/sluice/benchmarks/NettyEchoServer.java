// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslContext;
import java.io.File;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The yardstick: the shortest sensible echo server on Netty, without caps, budgets, deadlines,
 * metrics or isolation. What the node costs more than this is what its seam costs.
 *
 * <p>Socket options are the node's. Keep the two alike, or the ratio measures the options.
 */
public final class NettyEchoServer {

  static final int BACKLOG = 4096;

  private NettyEchoServer() {}

  /** Options: {@code --port P} (0 by default), {@code --cert FILE --key FILE} for TLS. */
  public static void main(String[] args) throws Exception {
    serve(args, pipeline -> pipeline.addLast(new Echo()));
  }

  /** What the yardsticks share: all but the handlers behind TLS, and what ALPN calls them. */
  static void serve(String[] args, Consumer<ChannelPipeline> handlers, String... alpn)
      throws Exception {
    Options options = Options.parse(args, Set.of("port", "cert", "key"));
    SslContext tls =
        options.has("cert")
            ? Tls.server(
                new File(options.required("cert")), new File(options.required("key")), alpn)
            : null;
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    Channel listener =
        new ServerBootstrap()
            .group(loop)
            .channel(EpollServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.SO_KEEPALIVE, true)
            .childHandler(new Initializer(tls, handlers))
            .bind(InetAddress.getLoopbackAddress(), options.number("port", 0))
            .sync()
            .channel();
    System.out.println("port " + ((InetSocketAddress) listener.localAddress()).getPort());
    listener.closeFuture().sync();
  }

  private static final class Initializer extends ChannelInitializer<Channel> {

    private final @Nullable SslContext tls;
    private final Consumer<ChannelPipeline> handlers;

    Initializer(@Nullable SslContext tls, Consumer<ChannelPipeline> handlers) {
      this.tls = tls;
      this.handlers = handlers;
    }

    @Override
    protected void initChannel(Channel channel) {
      if (tls != null) {
        channel.pipeline().addLast(tls.newHandler(channel.alloc()));
      }
      handlers.accept(channel.pipeline());
    }
  }

  /** Writes on read, flushes once a read pass, and ends the connection when the peer does. */
  private static final class Echo extends ChannelInboundHandlerAdapter {

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object data) {
      ctx.write(data, ctx.voidPromise());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      ctx.flush();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof SslCloseCompletionEvent) {
        ctx.close();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
