// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Flags;
import io.netty.handler.codec.http2.Http2FrameTypes;
import org.jspecify.annotations.Nullable;

/**
 * Cuts what comes from a server into frames, at next to no cost: what DATA carries is handed on in
 * the pieces that it comes in, and only other frames are put together.
 */
final class Http2Frames {

  /** Hears of frames in the order in which they come; what it is given is lent for the call. */
  interface Listener {

    /** A piece of what DATA carries, the last of the stream or not. */
    void data(int stream, ByteBuf piece, boolean last);

    /** Any other frame, whole. */
    void frame(byte type, int flags, int stream, ByteBuf payload) throws Http2Exception;
  }

  private final Listener listener;
  private final ByteBuf part = Unpooled.buffer(512);
  private boolean inFrame;
  private int left;
  private byte type;
  private int flags;
  private int stream;

  Http2Frames(Listener listener) {
    this.listener = listener;
  }

  /** Reads all of it. */
  void read(ByteBuf in) throws Http2Exception {
    while (inFrame || readHead(in)) {
      inFrame = true;
      if (type == Http2FrameTypes.DATA ? !readData(in) : !readOther(in)) {
        return;
      }
      inFrame = false;
    }
  }

  private boolean readHead(ByteBuf in) {
    ByteBuf head = whole(in, Http2CodecUtil.FRAME_HEADER_LENGTH);
    if (head == null) {
      return false;
    }
    left = head.readUnsignedMedium();
    type = head.readByte();
    flags = head.readUnsignedByte();
    stream = Http2CodecUtil.readUnsignedInt(head);
    if (left > Http2CodecUtil.DEFAULT_MAX_FRAME_SIZE) {
      throw new IllegalStateException("a frame of " + left + " bytes");
    }
    if (type == Http2FrameTypes.DATA && (flags & Http2Flags.PADDED) != 0) {
      throw new IllegalStateException("padding, which would not count as a body");
    }
    return true;
  }

  private boolean readData(ByteBuf in) {
    int bytes = Math.min(left, in.readableBytes());
    if (bytes == 0 && left > 0) {
      return false;
    }
    left -= bytes;
    boolean last = left == 0 && (flags & Http2Flags.END_STREAM) != 0;
    listener.data(stream, in.readSlice(bytes), last);
    return left == 0;
  }

  private boolean readOther(ByteBuf in) throws Http2Exception {
    ByteBuf payload = whole(in, left);
    if (payload == null) {
      return false;
    }
    listener.frame(type, flags, stream, payload.readSlice(left));
    return true;
  }

  /** Where so many bytes can be read in one piece; null as long as some of them are missing. */
  private @Nullable ByteBuf whole(ByteBuf in, int length) {
    if (!part.isReadable()) {
      if (in.readableBytes() >= length) {
        return in;
      }
      part.clear();
    }
    part.writeBytes(in, Math.min(in.readableBytes(), length - part.readableBytes()));
    return part.readableBytes() == length ? part : null;
  }
}
