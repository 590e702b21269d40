// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameTypes;
import java.util.ArrayDeque;
import java.util.Queue;

/**
 * The request bodies that are on their way on one connection: the streams take turns, a frame each,
 * as far as the server's windows and the channel have room.
 */
final class Http2Uploads {

  private static final Http2Flags MORE = new Http2Flags();
  private static final Http2Flags LAST = new Http2Flags().endOfStream(true);

  private final Queue<Http2Call> sendable = new ArrayDeque<>();
  private long window = Http2CodecUtil.DEFAULT_WINDOW_SIZE;

  void add(Http2Call call) {
    if (call.sendable() > 0) {
      sendable.add(call);
    }
  }

  /** The server has room for so many more bytes on the connection. */
  void widen(int bytes) {
    window += bytes;
  }

  /** The server has room for so many more bytes on this stream. */
  void widen(Http2Call call, int bytes) {
    boolean waits = call.sendable() <= 0;
    call.widen(bytes);
    if (waits) {
      add(call);
    }
  }

  /** Writes what may be sent now; the caller flushes. */
  void write(ChannelHandlerContext ctx) {
    while (window > 0 && !sendable.isEmpty() && ctx.channel().isWritable()) {
      Http2Call call = sendable.remove();
      int most = Math.min(call.sendable(), Http2CodecUtil.DEFAULT_MAX_FRAME_SIZE);
      int bytes = (int) Math.min(most, window);
      window -= bytes;
      call.sent(bytes);
      ByteBuf frame = ctx.alloc().directBuffer(Http2CodecUtil.FRAME_HEADER_LENGTH + bytes);
      Http2Flags flags = call.toSend() == 0 ? LAST : MORE;
      Http2CodecUtil.writeFrameHeader(frame, bytes, Http2FrameTypes.DATA, flags, call.id());
      add(call);
      ctx.write(frame.writeZero(bytes), ctx.voidPromise());
    }
  }
}
