// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Bytes of output that wait for the kernel, or that sessions keep, on all connections together.
 * Connections settle their share in steps, so the sum is right to some kilobytes a connection. Any
 * thread.
 */
final class OutboundBudget {

  /** Connections settle in steps of this, so that small writes do not touch the sum. */
  static final int STEP = 16 << 10;

  private final long limit;
  private final AtomicLong used = new AtomicLong();
  private final AtomicLong kept = new AtomicLong();
  private final PaddedFlag exhausted = new PaddedFlag();
  private final PaddedFlag strained = new PaddedFlag();

  OutboundBudget(long limit) {
    this.limit = limit;
  }

  void add(long bytes) {
    long now = used.addAndGet(bytes);
    if (now > limit != exhausted.isSet() || now > limit / 2 != strained.isSet()) {
      do {
        now = used.get();
        exhausted.set(now > limit);
        strained.set(now > limit / 2);
      } while (now != used.get());
    }
  }

  /** Sessions keep more than before, or less; it is a part of what is used. */
  void keep(long bytes) {
    kept.addAndGet(bytes);
    add(bytes);
  }

  /**
   * What is left of the half that sessions may keep: that alone must not make the node so full that
   * whoever has written ends for it.
   */
  long roomToKeep() {
    return limit / 2 - kept.get();
  }

  long used() {
    return used.get();
  }

  boolean exhausted() {
    return exhausted.isSet();
  }

  /** Past half: time for connections over their own mark to stop producing. */
  boolean strained() {
    return strained.isSet();
  }
}
