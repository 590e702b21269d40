// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

/** Follows one echo of a message through the pieces it comes back in, comparing each byte. */
final class EchoCheck {

  private final ByteBuf message;
  private int received;

  EchoCheck(ByteBuf message) {
    this.message = message;
  }

  /** True when the whole message is back; the next byte then is the first of another. */
  boolean completedBy(ByteBuf data) {
    int size = message.readableBytes();
    int length = data.readableBytes();
    if (received + length > size
        || !ByteBufUtil.equals(
            message, message.readerIndex() + received, data, data.readerIndex(), length)) {
      throw new IllegalStateException("the echo is not what was sent");
    }
    received += length;
    if (received < size) {
      return false;
    }
    received = 0;
    return true;
  }
}
