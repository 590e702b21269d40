// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http2.AbstractHttp2ConnectionHandlerBuilder;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2LocalFlowController;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.ReadOnlyHttp2Headers;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.AsciiString;
import java.util.Objects;

/**
 * The yardstick for HTTP/2: Netty's connection handler with a frame listener. There is no channel
 * for a stream, the headers are made once, and the handler flushes once a read pass, so that many
 * answers share a TLS record. Without a limit, a deadline or an error that is answered.
 */
public final class NettyHttp2Server {

  private static final int MEBIBYTE = 1 << 20;

  private static final ByteBuf ZEROS =
      Unpooled.unreleasableBuffer(Unpooled.directBuffer(MEBIBYTE).writeZero(MEBIBYTE).asReadOnly());

  private static final ByteBuf HELLO =
      Unpooled.unreleasableBuffer(
          Unpooled.directBuffer(13)
              .writeBytes(new AsciiString("Hello, World!").array())
              .asReadOnly());

  private static final Http2Headers HELLO_HEAD = head(HELLO.readableBytes());

  private NettyHttp2Server() {}

  /** Options as those of {@link NettyEchoServer}. */
  public static void main(String[] args) throws Exception {
    NettyEchoServer.serve(
        args, pipeline -> pipeline.addLast(handler()), ApplicationProtocolNames.HTTP_2);
  }

  /** All of a connection behind TLS. */
  static ChannelHandler handler() {
    return new Builder().build();
  }

  private static Http2Headers head(int length) {
    return ReadOnlyHttp2Headers.serverHeaders(
        false,
        HttpResponseStatus.OK.codeAsText(),
        HttpHeaderNames.CONTENT_TYPE,
        AsciiString.cached("text/plain"),
        HttpHeaderNames.CONTENT_LENGTH,
        new AsciiString(Integer.toString(length)));
  }

  private static final class Builder
      extends AbstractHttp2ConnectionHandlerBuilder<Handler, Builder> {

    Builder() {
      Http2Connection connection = new DefaultHttp2Connection(true);
      // Cheaper than the default, which weighs streams against one another, and whole frames than
      // the crumbs into which it would cut what room there is.
      UniformStreamByteDistributor turns = new UniformStreamByteDistributor(connection);
      turns.minAllocationChunk(Http2CodecUtil.DEFAULT_MAX_FRAME_SIZE);
      connection.remote().flowController(new DefaultHttp2RemoteFlowController(connection, turns));
      connection(connection);
      // Uploads are consumed as they come: wide windows cost no memory and save updates.
      initialSettings(Http2Settings.defaultSettings().initialWindowSize(MEBIBYTE));
    }

    @Override
    protected Handler build(
        Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {
      frameListener(new Application(encoder));
      return new Handler(decoder, encoder, settings);
    }

    @Override
    public Handler build() {
      return super.build();
    }
  }

  private static final class Handler extends Http2ConnectionHandler {

    Handler(Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings initial) {
      super(decoder, encoder, initial);
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) throws Exception {
      super.handlerAdded(ctx);
      // The settings do not reach the connection's own window.
      Http2LocalFlowController window = connection().local().flowController();
      window.incrementWindowSize(connection().connectionStream(), 4 * MEBIBYTE);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof SslCloseCompletionEvent) {
        ctx.close();
      }
    }
  }

  /** Answers when a request has ended; the connection handler flushes. */
  private static final class Application extends Http2EventAdapter {

    private final Http2ConnectionEncoder encoder;
    private final Http2Connection.PropertyKey received;

    Application(Http2ConnectionEncoder encoder) {
      this.encoder = encoder;
      this.received = encoder.connection().newKey();
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx,
        int stream,
        Http2Headers headers,
        int dependency,
        short weight,
        boolean exclusive,
        int padding,
        boolean end) {
      onHeadersRead(ctx, stream, headers, padding, end);
    }

    @Override
    public void onHeadersRead(
        ChannelHandlerContext ctx, int stream, Http2Headers headers, int padding, boolean end) {
      String path = headers.path().toString();
      if (path.equals("/hello")) {
        answer(ctx, stream, HELLO_HEAD, HELLO);
      } else if (path.startsWith("/bytes/")) {
        download(ctx, stream, Integer.parseInt(path.substring("/bytes/".length())));
      }
    }

    @Override
    public int onDataRead(
        ChannelHandlerContext ctx, int id, ByteBuf data, int padding, boolean end) {
      Http2Stream stream = Objects.requireNonNull(encoder.connection().stream(id));
      Integer before = stream.getProperty(received);
      int length = (before == null ? 0 : before) + data.readableBytes();
      if (end) {
        String digits = Integer.toString(length);
        ByteBuf body = Unpooled.wrappedBuffer(new AsciiString(digits).array());
        answer(ctx, id, head(digits.length()), body);
      } else {
        stream.setProperty(received, length);
      }
      return data.readableBytes() + padding;
    }

    private void answer(ChannelHandlerContext ctx, int stream, Http2Headers head, ByteBuf body) {
      encoder.writeHeaders(ctx, stream, head, 0, false, ctx.newPromise());
      encoder.writeData(ctx, stream, body.duplicate(), 0, true, ctx.newPromise());
    }

    /** The encoder cuts it into frames as windows and the channel have room. */
    private void download(ChannelHandlerContext ctx, int stream, int length) {
      encoder.writeHeaders(ctx, stream, head(length), 0, false, ctx.newPromise());
      int left = length;
      do {
        int bytes = Math.min(left, MEBIBYTE);
        left -= bytes;
        encoder.writeData(ctx, stream, ZEROS.slice(0, bytes), 0, left == 0, ctx.newPromise());
      } while (left > 0);
    }
  }
}
