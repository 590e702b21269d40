// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Gathers frames on their way out, so that the answers of many streams share one write, and one
 * record of TLS. Answers are written straight into the gathered bytes; what the codec writes by
 * itself passes through here too, and keeps its place.
 */
final class FrameOutput extends ChannelDuplexHandler {

  /** What one record of TLS carries. */
  private static final int ENOUGH = 16 << 10;

  private static final int FIRST_CAPACITY = 2 << 10;

  /** Up to this a payload is copied: less than a write costs. */
  static final int COPIED = 1024;

  private static final int FRAME_HEADER = 9;
  private static final int A_HEAD = 256;
  private static final int END_STREAM = 0x1;
  private static final int END_HEADERS = 0x4;

  private final Http2HeadersEncoder encoder;
  private @Nullable ChannelHandlerContext ctx;
  private @Nullable ByteBuf gathered;

  /** Of what was gathered, where somebody waits for it. */
  private List<ChannelPromise> promises = new ArrayList<>(2);

  private boolean ended;

  /** Shares the encoder's table with the codec. */
  FrameOutput(Http2HeadersEncoder encoder) {
    this.encoder = encoder;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    ctx = added;
  }

  /**
   * A HEADERS frame, with CONTINUATION frames where it needs them (RFC 9113, sections 6.2, 6.10).
   *
   * @param largest payload that the client takes
   * @throws Http2Exception the client takes no such head; nothing was written
   */
  void headers(int stream, Http2Headers headers, boolean last, int largest) throws Http2Exception {
    ByteBuf out = room(A_HEAD);
    int start = out.writerIndex();
    out.writeZero(FRAME_HEADER);
    try {
      encoder.encodeHeaders(stream, headers, out);
    } catch (Http2Exception e) {
      out.writerIndex(start);
      throw e;
    }
    int length = out.writerIndex() - start - FRAME_HEADER;
    int flags = last ? END_STREAM : 0;
    if (length <= largest) {
      header(out, start, length, Floods.HEADERS, flags | END_HEADERS, stream);
      return;
    }
    byte[] block = new byte[length];
    out.getBytes(start + FRAME_HEADER, block);
    out.writerIndex(start);
    for (int from = 0; from < length; from += largest) {
      int part = Math.min(largest, length - from);
      boolean ends = from + part == length;
      int at = out.writerIndex();
      out.writeZero(FRAME_HEADER).writeBytes(block, from, part);
      header(
          out,
          at,
          part,
          from == 0 ? Floods.HEADERS : Floods.CONTINUATION,
          (from == 0 ? flags : 0) | (ends ? END_HEADERS : 0),
          stream);
    }
  }

  private static void header(ByteBuf out, int at, int length, byte type, int flags, int stream) {
    out.setMedium(at, length).setByte(at + 3, type).setByte(at + 4, flags).setInt(at + 5, stream);
  }

  /** A DATA frame of the next bytes; the buffer stays the caller's (RFC 9113, section 6.1). */
  void data(int stream, ByteBuf data, int length, boolean last) {
    boolean copied = length <= COPIED;
    ByteBuf out = room(FRAME_HEADER + (copied ? length : 0));
    out.writeMedium(length).writeByte(Floods.DATA).writeByte(last ? END_STREAM : 0);
    out.writeInt(stream);
    if (copied) {
      append(out, data, length);
    } else {
      emit();
      ctx().write(data.readRetainedSlice(length), ctx().voidPromise());
    }
  }

  /** Not {@code writeBytes}, which makes an NIO view of each of both buffers. */
  private static void append(ByteBuf out, ByteBuf data, int length) {
    data.readBytes(out.ensureWritable(length), length);
  }

  /** Comes to its end when the kernel has taken what was gathered so far. */
  ChannelFuture written() {
    if (gathered == null || ended) {
      return ctx().newSucceededFuture();
    }
    ChannelPromise promise = ctx().newPromise();
    promises.add(promise);
    return promise;
  }

  private ByteBuf room(int bytes) {
    ByteBuf out = gathered;
    if (out != null && out.readableBytes() + bytes > ENOUGH) {
      emit();
      out = null;
    }
    if (out == null || gathered == null) {
      out = ctx().alloc().buffer(Math.max(FIRST_CAPACITY, bytes));
      gathered = out;
    }
    return out;
  }

  @Override
  public void write(ChannelHandlerContext to, Object message, ChannelPromise promise) {
    if (ended) {
      ReferenceCountUtil.release(message);
      fail(promise);
    } else if (message instanceof ByteBuf data && data.readableBytes() <= COPIED) {
      append(room(data.readableBytes()), data, data.readableBytes());
      data.release();
      if (!promise.isVoid()) {
        promises.add(promise);
      }
    } else {
      emit();
      to.write(message, promise);
    }
  }

  private void emit() {
    ByteBuf out = gathered;
    gathered = null;
    if (out == null) {
      return;
    }
    if (ended) {
      out.release();
    } else if (promises.isEmpty()) {
      ctx().write(out, ctx().voidPromise());
    } else {
      List<ChannelPromise> waiting = promises;
      promises = new ArrayList<>(2);
      ctx()
          .write(out)
          .addListener(
              written -> {
                for (ChannelPromise one : waiting) {
                  if (written.isSuccess()) {
                    one.trySuccess();
                  } else {
                    one.tryFailure(written.cause());
                  }
                }
              });
    }
  }

  @Override
  public void flush(ChannelHandlerContext to) {
    emit();
    to.flush();
  }

  /** Nothing goes out any more. */
  @Override
  public void channelInactive(ChannelHandlerContext from) {
    ended = true;
    emit();
    // The endpoint first: it is not to take what fails for an error of its own.
    from.fireChannelInactive();
    promises.forEach(FrameOutput::fail);
    promises.clear();
  }

  private static void fail(ChannelPromise promise) {
    if (!promise.isVoid()) {
      promise.tryFailure(new ClosedChannelException());
    }
  }

  private ChannelHandlerContext ctx() {
    return Objects.requireNonNull(ctx, "not added to a pipeline");
  }
}
