// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Output that a session keeps for want of its peer's leave, as a share of the budget. Any thread.
 */
final class KeptOutput {

  private final OutboundBudget budget;
  private final AtomicLong kept = new AtomicLong();
  // Written in the session's order behind its last call, read by whoever keeps: nobody gives back.
  private volatile boolean released;

  KeptOutput(OutboundBudget budget) {
    this.budget = budget;
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
    long more = bytes - kept.getAndSet(bytes);
    if (more != 0) {
      budget.keep(more);
    }
  }

  /** May be a little old. */
  long bytes() {
    return kept.get();
  }

  /** The session has been told of the end: what it kept is gone. */
  void release() {
    released = true;
    set(0);
  }
}
