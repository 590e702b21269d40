// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Follows one answer through the pieces that it comes in: status 200, and the body expected. */
final class HttpAnswerCheck {

  private final ByteBuf expected;
  private final int length;
  private final ByteBuf head = Unpooled.buffer(512);
  private boolean inBody;
  private int received;

  /** An empty body to expect means that any of that length will do. */
  HttpAnswerCheck(ByteBuf expected, int length) {
    this.expected = expected;
    this.length = length;
  }

  /** True when the whole answer is there; the next byte then is the first of another. */
  boolean completedBy(ByteBuf data) {
    if (!inBody && !readHead(data)) {
      return false;
    }
    int bytes = data.readableBytes();
    boolean as =
        !expected.isReadable()
            || (received + bytes <= length
                && ByteBufUtil.equals(expected, received, data, data.readerIndex(), bytes));
    received += bytes;
    if (received > length || !as) {
      throw new IllegalStateException("the body is not the one expected");
    }
    if (received < length) {
      return false;
    }
    received = 0;
    inBody = false;
    return true;
  }

  private boolean readHead(ByteBuf data) {
    while (data.isReadable()) {
      head.writeByte(data.readByte());
      int end = head.writerIndex();
      if (end > 4 && head.getInt(end - 4) == 0x0d0a0d0a) {
        String text = head.toString(StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
        if (!text.startsWith("http/1.1 200 ")
            || !text.contains("content-length: " + length + "\r\n")) {
          throw new IllegalStateException("another answer than expected: " + text);
        }
        head.clear();
        inBody = true;
        return true;
      }
    }
    return false;
  }
}
