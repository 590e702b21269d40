// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.lineecho;

import dev.sluice.api.ConnId;
import dev.sluice.api.PlaintextSession;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;

/** Sends each line back as it came, its {@code \n} or {@code \r\n} with it. */
final class LineEchoSession extends PlaintextSession {

  private final int maxLineLength;

  LineEchoSession(ConnId id, SessionWriter writer, int maxLineLength) {
    super(id, writer, maxLineLength);
    this.maxLineLength = maxLineLength;
  }

  @Override
  protected boolean parse(ByteBuf in) {
    int length = in.bytesBefore((byte) '\n');
    if (length > maxLineLength) {
      // It came in one piece; split, it would have met the bound before its end.
      messageTooLong();
    } else if (length >= 0) {
      send(in.readRetainedSlice(length + 1));
    }
    return length <= maxLineLength;
  }

  @Override
  protected void messageTooLong() {
    send(ByteBufUtil.writeAscii(context().allocator(), "line too long\n"));
  }

  /** A peer that does not read its echo is not read from either. */
  @Override
  public void writabilityChanged(boolean writable) {
    if (writable) {
      writer().resumeReads(id());
    } else {
      writer().pauseReads(id());
    }
  }
}
