// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks.clients;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Netty's codec with one handler behind it, and nothing else; one event loop. */
final class NettyAsking extends AskingClient {

  private final EventLoopGroup loop =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private final @Nullable SslContext tls;
  private final List<Channel> channels = new ArrayList<>();

  NettyAsking(int connections, @Nullable SslContext tls) {
    super(connections);
    this.tls = tls;
  }

  @Override
  void open(int port, boolean secure) throws Exception {
    for (int i = 0; i < connections(); i++) {
      Channel channel =
          new Bootstrap()
              .group(loop)
              .channel(EpollSocketChannel.class)
              .option(ChannelOption.TCP_NODELAY, true)
              .option(ChannelOption.ALLOCATOR, new AdaptiveByteBufAllocator())
              .handler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel made) {
                      if (tls != null) {
                        made.pipeline().addLast(tls.newHandler(made.alloc()));
                      }
                      made.pipeline()
                          .addLast(new HttpClientCodec(), new Asker("localhost:" + port));
                    }
                  })
              .connect(InetAddress.getLoopbackAddress(), port)
              .sync()
              .channel();
      SslHandler handler = channel.pipeline().get(SslHandler.class);
      if (handler != null) {
        handler.handshakeFuture().sync();
      }
      channels.add(channel);
    }
  }

  @Override
  void ask(int connection) {
    Channel channel = channels.get(connection);
    channel.eventLoop().execute(() -> channel.pipeline().get(Asker.class).ask());
  }

  @Override
  public void close() {
    loop.shutdownGracefully(0, 5, TimeUnit.SECONDS).syncUninterruptibly();
  }

  private final class Asker extends ChannelInboundHandlerAdapter {
    private final String host;
    private @Nullable ChannelHandlerContext ctx;
    private int status;
    private long length;

    Asker(String host) {
      this.host = host;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
      ctx = added;
    }

    void ask() {
      length = 0;
      DefaultFullHttpRequest request =
          new DefaultFullHttpRequest(
              HttpVersion.HTTP_1_1, HttpMethod.GET, PATH, Unpooled.EMPTY_BUFFER);
      request.headers().set(HttpHeaderNames.HOST, host);
      ChannelHandlerContext to = ctx;
      if (to != null) {
        to.writeAndFlush(request, to.voidPromise());
      }
    }

    @Override
    public void channelRead(ChannelHandlerContext from, Object message) {
      if (message instanceof HttpResponse response) {
        status = response.status().code();
      }
      if (message instanceof HttpContent content) {
        length += content.content().readableBytes();
      }
      ReferenceCountUtil.release(message);
      if (message instanceof LastHttpContent && answered(status, length)) {
        ask();
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext from, Throwable cause) {
      failed(cause);
    }
  }
}
