// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.concurrent.atomic.AtomicLongFieldUpdater;

/** Input that a session keeps beyond its calls, as a share of the node's budget. Any thread. */
final class HeldInput {

  private static final AtomicLongFieldUpdater<HeldInput> HELD =
      AtomicLongFieldUpdater.newUpdater(HeldInput.class, "held");

  private final InboundBudget budget;
  private volatile long held;
  // Written in the session's order behind its last call, read by whoever holds: nobody gives back.
  private volatile boolean released;

  HeldInput(InboundBudget budget) {
    this.budget = budget;
  }

  void hold(int bytes) {
    HELD.addAndGet(this, bytes);
    budget.add(bytes);
    if (released) {
      consumed(bytes);
    }
  }

  /** Never more than there is. */
  void consumed(long bytes) {
    long before = HELD.getAndUpdate(this, now -> now - Math.min(now, bytes));
    long given = Math.min(before, bytes);
    if (given > 0) {
      budget.release(given);
    }
  }

  long bytes() {
    return held;
  }

  /** The session has been told of the end: what it held is free. */
  void release() {
    released = true;
    consumed(Long.MAX_VALUE);
  }
}
