// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;

/**
 * The yardstick for HTTP/1.1: the shortest sensible pipeline around Netty's codec, without a limit,
 * a deadline or an error that is answered.
 */
public final class NettyHttpServer {

  private static final int PART = 64 << 10;

  private static final ByteBuf ZEROS =
      Unpooled.unreleasableBuffer(Unpooled.directBuffer(PART).writeZero(PART).asReadOnly());

  private static final byte[] HELLO = "Hello, World!".getBytes(StandardCharsets.US_ASCII);

  private static final int POOL = 4;

  private static final Executor WORKERS =
      Executors.newFixedThreadPool(
          POOL,
          task -> {
            Thread thread = new Thread(task, "worker");
            thread.setDaemon(true);
            return thread;
          });

  private NettyHttpServer() {}

  /** Options as those of {@link NettyEchoServer}. */
  public static void main(String[] args) throws Exception {
    NettyEchoServer.serve(args, NettyHttpServer::addHandlers);
  }

  private static void addHandlers(ChannelPipeline pipeline) {
    pipeline.addLast(new HttpServerCodec(), new Application());
  }

  /** Answers on read, flushes once a read pass, writes a download while there is room. */
  private static final class Application extends ChannelInboundHandlerAdapter {

    private long received;
    private long left;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (message instanceof HttpRequest request) {
        received = 0;
        if (request.uri().equals("/hello") || request.uri().startsWith("/api/")) {
          answer(ctx, Unpooled.wrappedBuffer(HELLO));
        } else if (request.uri().equals("/workers")) {
          WORKERS.execute(
              () -> {
                answer(ctx, Unpooled.wrappedBuffer(HELLO));
                ctx.flush();
              });
        } else if (request.uri().startsWith("/bytes/")) {
          left = Long.parseLong(request.uri().substring("/bytes/".length()));
          HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
          head.headers().set(HttpHeaderNames.CONTENT_LENGTH, left);
          ctx.write(head, ctx.voidPromise());
          goOn(ctx);
        }
      } else if (message instanceof HttpContent content) {
        received += content.content().readableBytes();
        if (content instanceof LastHttpContent && received > 0) {
          byte[] digits = Long.toString(received).getBytes(StandardCharsets.US_ASCII);
          answer(ctx, Unpooled.wrappedBuffer(digits));
        }
      }
      ReferenceCountUtil.release(message);
    }

    private static void answer(ChannelHandlerContext ctx, ByteBuf body) {
      FullHttpResponse response =
          new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, body);
      response
          .headers()
          .set(HttpHeaderNames.CONTENT_TYPE, "text/plain")
          .set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
      ctx.write(response, ctx.voidPromise());
    }

    private void goOn(ChannelHandlerContext ctx) {
      while (left > 0 && ctx.channel().isWritable()) {
        int bytes = (int) Math.min(left, PART);
        left -= bytes;
        ctx.write(new DefaultHttpContent(ZEROS.slice(0, bytes)), ctx.voidPromise());
        if (left == 0) {
          ctx.write(LastHttpContent.EMPTY_LAST_CONTENT, ctx.voidPromise());
        }
      }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      ctx.flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
      if (left > 0 && ctx.channel().isWritable()) {
        goOn(ctx);
        ctx.flush();
      }
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
