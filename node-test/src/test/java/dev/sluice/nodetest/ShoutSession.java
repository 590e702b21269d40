// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nodetest;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sluice.api.ConnId;
import dev.sluice.api.PlaintextSession;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Locale;

/** Of {@link ShoutOnce} and {@link ShoutAll}. */
final class ShoutSession extends PlaintextSession {

  private final boolean all;

  ShoutSession(ConnId id, SessionWriter writer, boolean all) {
    super(id, writer, 8192);
    this.all = all;
  }

  @Override
  protected boolean parse(ByteBuf in) {
    int end = in.bytesBefore((byte) '\n');
    if (end >= 0) {
      String line = in.readCharSequence(end + 1, US_ASCII).toString();
      send(Unpooled.copiedBuffer(line.toUpperCase(Locale.ROOT), US_ASCII));
      if (!all) {
        in.skipBytes(in.readableBytes());
      }
    }
    return true;
  }
}
