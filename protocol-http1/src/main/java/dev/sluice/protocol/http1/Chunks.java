// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Writes a body in chunks (RFC 9112, section 7.1). */
final class Chunks {

  /** Bodies and chunks up to this are copied behind what is before them: one write costs less. */
  static final int COPIED = 1024;

  /**
   * Larger ones are written as one with what frames them, which is no write of its own then: behind
   * so much it might find more queued than may be.
   */
  private static final int LARGE = 64 << 10;

  /** A size in hexadecimal, and two ends of lines. */
  private static final int FRAMING = 12;

  private static final ByteBuf LINE_END = constant("\r\n");
  private static final ByteBuf LAST = constant("0\r\n\r\n");

  private Chunks() {}

  /** One chunk; takes the buffer over, which is not empty. */
  static void write(ByteBufAllocator allocator, ByteBuf data, Consumer<ByteBuf> to) {
    int bytes = data.readableBytes();
    boolean copied = bytes <= COPIED;
    ByteBuf size = allocator.buffer(copied ? bytes + FRAMING : FRAMING);
    ByteBufUtil.writeAscii(size, Integer.toHexString(bytes));
    size.writeShort(AnswerHead.CRLF);
    if (copied) {
      copy(data, size);
      size.writeShort(AnswerHead.CRLF);
      data.release();
      to.accept(size);
    } else if (bytes <= LARGE) {
      to.accept(size);
      to.accept(data);
      to.accept(LINE_END.duplicate());
    } else {
      to.accept(
          allocator
              .compositeBuffer(3)
              .addComponent(true, size)
              .addFlattenedComponents(true, data)
              .addComponent(true, LINE_END.duplicate()));
    }
  }

  /** Appends a few bytes. */
  static void copy(ByteBuf from, ByteBuf to) {
    int bytes = from.readableBytes();
    // Not writeBytes, which makes an NIO view of each of both buffers.
    from.getBytes(from.readerIndex(), to.ensureWritable(bytes), bytes);
  }

  /** The end of a body without trailers. */
  static ByteBuf last() {
    return LAST.duplicate();
  }

  /** Bytes that are written again and again. */
  static ByteBuf constant(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    return Unpooled.unreleasableBuffer(
        Unpooled.directBuffer(bytes.length).writeBytes(bytes).asReadOnly());
  }
}
