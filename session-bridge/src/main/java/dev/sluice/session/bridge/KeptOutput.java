// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Output that a session keeps for want of its peer's leave, as a share of the budget. Any thread.
 */
final class KeptOutput {

  private final OutboundBudget budget;
  private final Runnable end;
  private final AtomicLong kept = new AtomicLong();

  // Written in the session's order behind its last call, or by who sheds it; read by whoever keeps:
  // nobody gives back.
  private volatile boolean released;

  // Written by whoever keeps, read by who looks for room: when some of it left, or it began.
  private volatile long movedAt;

  /**
   * Of a connection.
   *
   * @param end ends the connection, to make room; any thread
   */
  KeptOutput(OutboundBudget budget, Runnable end) {
    this.budget = budget;
    this.end = end;
  }

  /** All that there is now. How much more all together may keep. */
  long keep(long bytes) {
    set(bytes);
    if (released) {
      set(0);
    }
    return budget.roomToKeep();
  }

  private void set(long bytes) {
    long before = kept.getAndSet(bytes);
    if (bytes == before) {
      return;
    }
    if (bytes < before || before == 0) {
      movedAt = System.nanoTime();
    }
    budget.keep(bytes - before);
    if (bytes == 0 || before == 0) {
      budget.keeps(this, bytes != 0);
    }
  }

  /** So much, and perhaps some of the connections that keep the most for longest end for it. */
  long makeRoom(long room) {
    return budget.makeRoom(this, room);
  }

  /** How much for how long: bytes times microseconds. */
  long standing(long now) {
    return kept.get() * Math.max(0, (now - movedAt) / 1000);
  }

  /** May be a little old. */
  long bytes() {
    return kept.get();
  }

  /** The connection ends so that others have room. */
  void shed() {
    release();
    end.run();
  }

  /** The session has been told of the end, or is about to be: what it kept is gone. */
  void release() {
    released = true;
    set(0);
  }
}
