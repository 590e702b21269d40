// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.WriteCompletion;
import io.netty.buffer.ByteBuf;

/** One call of {@code writeOutbound}, as the model remembers it. */
final class SimWrite implements WriteCompletion {

  private final SimConnection connection;
  final ByteBuf data;
  final int size;

  /** Where in the pattern its bytes begin. */
  final int pattern;

  /** From within a call into the session. */
  final boolean inOrder;

  /** On the connection's loop: then it is queued before the call returns. */
  final boolean onLoop;

  final boolean wantsToHear;

  /** It is known to have been queued. */
  boolean committed;

  /** Position of its last byte, once committed. */
  long end;

  boolean told;
  boolean refused;

  /** Of a datagram: the kernel has it. */
  boolean taken;

  SimWrite(
      SimConnection connection,
      ByteBuf data,
      int pattern,
      boolean inOrder,
      boolean onLoop,
      boolean wantsToHear) {
    this.connection = connection;
    this.data = data;
    this.size = data.refCnt() > 0 ? data.readableBytes() : 0;
    this.pattern = pattern;
    this.inOrder = inOrder;
    this.onLoop = onLoop;
    this.wantsToHear = wantsToHear;
  }

  @Override
  public void complete(boolean written) {
    connection.completed(this, written);
  }

  @Override
  public String toString() {
    return "write of " + size + " up to " + end;
  }
}
