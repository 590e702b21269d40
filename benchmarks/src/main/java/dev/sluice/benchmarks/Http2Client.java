// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.netty.handler.codec.http2.Http2HeadersDecoder;
import io.netty.util.collection.IntObjectHashMap;
import io.netty.util.collection.IntObjectMap;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One connection of an {@link Http2Load}. It knows no more of HTTP/2 than the load needs, so as to
 * cost less than any server: a request is made of bytes encoded before, and what else a server may
 * rightly send, such as a GOAWAY, is an error.
 *
 * <p>Its windows never hold a server back: a stream's takes the whole answer, the connection's is
 * the widest that there is.
 */
final class Http2Client extends LoadHandler implements Http2Frames.Listener {

  private static final int WIDEST = Integer.MAX_VALUE;
  private static final Http2Flags NONE = new Http2Flags();
  private static final Http2Flags ACK = new Http2Flags().ack(true);

  private final Load load;
  private final Http2Exchange exchange;
  private final Promise<Void> ready;
  private final Http2Frames frames = new Http2Frames(this);
  private final Http2HeadersDecoder headers = new DefaultHttp2HeadersDecoder(false);
  private final Http2Flags requestFlags;
  private final List<Http2Call> calls = new ArrayList<>();
  private final IntObjectMap<Http2Call> open = new IntObjectHashMap<>();
  private final Http2Uploads uploads = new Http2Uploads();
  private ByteBuf request = Unpooled.EMPTY_BUFFER;
  private ByteBuf nextRequest = Unpooled.EMPTY_BUFFER;
  private int room = Http2CodecUtil.DEFAULT_WINDOW_SIZE;
  private int nextId = 1;
  private int consumed;
  private @Nullable ByteBuf out;

  Http2Client(Load load, int streams, Http2Exchange exchange) {
    super(load);
    this.load = load;
    this.exchange = exchange;
    this.ready = load.loop().newPromise();
    this.requestFlags = new Http2Flags().endOfHeaders(true).endOfStream(exchange.upload() == 0);
    for (int i = 0; i < streams; i++) {
      calls.add(new Http2Call(exchange));
    }
  }

  /** Complete when the server's settings are known. */
  Future<Void> ready() {
    return ready;
  }

  /** Sends what comes first on a connection; to be called once that is open. */
  void greet() {
    out().writeBytes(Http2CodecUtil.connectionPrefaceBuf());
    frame(Http2FrameTypes.SETTINGS, 2 * Http2CodecUtil.SETTING_ENTRY_LENGTH, NONE, 0)
        .writeShort(Http2CodecUtil.SETTINGS_ENABLE_PUSH)
        .writeInt(0)
        .writeShort(Http2CodecUtil.SETTINGS_INITIAL_WINDOW_SIZE)
        .writeInt(Math.max(exchange.length(), Http2CodecUtil.DEFAULT_WINDOW_SIZE));
    widenWindow(WIDEST - Http2CodecUtil.DEFAULT_WINDOW_SIZE);
    write(context());
    context().flush();
  }

  /** Begins a request on every stream. */
  void start() {
    for (Http2Call call : calls) {
      load.connectionBusy();
      begin(call);
    }
    write(context());
    context().flush();
  }

  @Override
  protected void received(ChannelHandlerContext ctx, ByteBuf data) {
    try {
      frames.read(data);
    } catch (Http2Exception e) {
      throw new IllegalStateException("headers that cannot be decoded", e);
    }
    write(ctx);
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (ctx.channel().isWritable()) {
      write(ctx);
      ctx.flush();
    }
  }

  @Override
  public void data(int stream, ByteBuf piece, boolean last) {
    consumed += piece.readableBytes();
    if (consumed > WIDEST / 2) {
      widenWindow(consumed);
      consumed = 0;
    }
    Http2Call call = open(stream);
    call.body(piece);
    if (last) {
      end(call);
    }
  }

  @Override
  public void frame(byte type, int flags, int stream, ByteBuf payload) throws Http2Exception {
    switch (type) {
      case Http2FrameTypes.HEADERS -> headers(flags, stream, payload);
      case Http2FrameTypes.WINDOW_UPDATE -> windowUpdate(stream, payload.readInt());
      case Http2FrameTypes.SETTINGS -> {
        if ((flags & Http2Flags.ACK) == 0) {
          settings(payload);
        }
      }
      case Http2FrameTypes.PING -> {
        if ((flags & Http2Flags.ACK) == 0) {
          frame(type, payload.readableBytes(), ACK, 0).writeBytes(payload);
        }
      }
      default ->
          throw new IllegalStateException(
              "a frame of type " + type + " on stream " + stream + ", after which no load goes on");
    }
  }

  private void headers(int flags, int stream, ByteBuf payload) throws Http2Exception {
    if ((flags & ~Http2Flags.END_STREAM) != Http2Flags.END_HEADERS) {
      throw new IllegalStateException("a head in parts, padded or with a priority");
    }
    Http2Call call = open(stream);
    call.head(headers.decodeHeaders(stream, payload));
    if ((flags & Http2Flags.END_STREAM) != 0) {
      end(call);
    }
  }

  private void windowUpdate(int stream, int bytes) {
    if (stream == 0) {
      uploads.widen(bytes);
      return;
    }
    Http2Call call = open.get(stream);
    if (call != null) {
      uploads.widen(call, bytes);
    }
  }

  private void settings(ByteBuf settings) throws Http2Exception {
    if (ready.isDone()) {
      throw new IllegalStateException("settings that change");
    }
    DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();
    while (settings.isReadable()) {
      int key = settings.readUnsignedShort();
      long value = settings.readUnsignedInt();
      if (key == Http2CodecUtil.SETTINGS_MAX_CONCURRENT_STREAMS && value < calls.size()) {
        throw new IllegalStateException("the server takes no more than " + value + " streams");
      } else if (key == Http2CodecUtil.SETTINGS_INITIAL_WINDOW_SIZE) {
        room = (int) value;
      } else if (key == Http2CodecUtil.SETTINGS_HEADER_TABLE_SIZE) {
        encoder.maxHeaderTableSize(Math.min(value, Http2CodecUtil.DEFAULT_HEADER_TABLE_SIZE));
      }
    }
    // The first request fills the server's table. From then on the same bytes say the same.
    request = encoded(encoder);
    nextRequest = encoded(encoder);
    frame(Http2FrameTypes.SETTINGS, 0, ACK, 0);
    ready.setSuccess(null);
  }

  private ByteBuf encoded(DefaultHttp2HeadersEncoder encoder) throws Http2Exception {
    ByteBuf block = Unpooled.buffer();
    encoder.encodeHeaders(1, exchange.head(), block);
    return block;
  }

  private void begin(Http2Call call) {
    call.begin(nextId, room);
    nextId += 2;
    open.put(call.id(), call);
    frame(Http2FrameTypes.HEADERS, request.readableBytes(), requestFlags, call.id())
        .writeBytes(request, request.readerIndex(), request.readableBytes());
    request = nextRequest;
    uploads.add(call);
  }

  private void end(Http2Call call) {
    call.end();
    open.remove(call.id());
    load.count(1, Math.max(exchange.length(), exchange.upload()));
    if (load.running()) {
      begin(call);
    } else {
      load.connectionDry();
    }
  }

  private Http2Call open(int stream) {
    Http2Call call = open.get(stream);
    if (call == null) {
      throw new IllegalStateException("an answer on stream " + stream + ", which is not open");
    }
    return call;
  }

  private void widenWindow(int bytes) {
    frame(Http2FrameTypes.WINDOW_UPDATE, Http2CodecUtil.INT_FIELD_LENGTH, NONE, 0).writeInt(bytes);
  }

  /** Begins a frame, to which the caller adds what it carries. */
  private ByteBuf frame(byte type, int length, Http2Flags flags, int stream) {
    ByteBuf frames = out();
    Http2CodecUtil.writeFrameHeader(frames, length, type, flags, stream);
    return frames;
  }

  private ByteBuf out() {
    ByteBuf frames = out;
    if (frames == null) {
      frames = context().alloc().directBuffer(1024);
      out = frames;
    }
    return frames;
  }

  /** All frames made since the last time go out in one piece, then what uploads have room for. */
  private void write(ChannelHandlerContext ctx) {
    ByteBuf frames = out;
    if (frames != null) {
      out = null;
      ctx.write(frames, ctx.voidPromise());
    }
    uploads.write(ctx);
  }
}
