// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * How much of a stream's output waits, against its marks and the node's budget. Any thread, but for
 * what the loop alone may say. The loop's share is a plain count that others may see a little late;
 * only what other threads hand over is counted by an atomic one.
 */
class OutboundMarks {

  private static final AtomicLongFieldUpdater<OutboundMarks> HANDED_OVER =
      AtomicLongFieldUpdater.newUpdater(OutboundMarks.class, "handedOver");
  private static final AtomicLongFieldUpdater<OutboundMarks> PENDING =
      AtomicLongFieldUpdater.newUpdater(OutboundMarks.class, "pending");

  private final OutboundBudget budget;
  private final int highMark;
  private final int hardMark;

  // Bytes that other threads have written and the loop has not seen yet.
  private volatile long handedOver;

  // Written on the loop alone, and lazily: bytes that wait there or in the wire.
  private volatile long pending;

  // Written where a mark is crossed, on any thread; read by isWritable.
  private volatile boolean overMark;

  // Loop only: the share in the node's budget.
  private long settled;

  OutboundMarks(OutboundBudget budget, int highMark, int hardMark) {
    this.budget = budget;
    this.highMark = highMark;
    this.hardMark = hardMark;
  }

  /**
   * Null, or what ends the connection since too much is queued already. Who holds back at the mark
   * may have more to write before that: the rest of a frame, or of a turn. On a full node that is
   * no reason to end.
   */
  @Nullable Ending tooMuch() {
    long before = queued();
    return before > hardMark
        ? Ending.CONNECTION_OUTPUT
        : before > 2L * highMark && budget.exhausted() ? Ending.NODE_OUTPUT : null;
  }

  /** Not on the loop: a write is handed over. */
  void handOver(int bytes) {
    HANDED_OVER.addAndGet(this, bytes);
  }

  /** What was handed over is counted by the loop from now on, or found the connection gone. */
  void arrived(int bytes) {
    HANDED_OVER.addAndGet(this, -bytes);
  }

  /** True once for each time that it goes over the mark. */
  boolean wentOver() {
    if (!overMark && queued() > highMark) {
      overMark = true;
      return true;
    }
    return false;
  }

  boolean belowMark() {
    return !overMark;
  }

  /** Others may change it at any moment; a test overrides this to be such another. */
  long queued() {
    return pending + handedOver;
  }

  // ---- on the loop

  void pending(long bytes) {
    PENDING.lazySet(this, bytes);
  }

  /** A protocol that ignores writability is paced by its input, well before the hard mark. */
  boolean paces() {
    return pending > (budget.strained() ? highMark : hardMark / 2L);
  }

  /** So little that all may go on. */
  boolean low() {
    return queued() <= highMark / 2;
  }

  /** True once for each time that it is back below the mark. */
  boolean backBelow() {
    if (!overMark || !low()) {
      return false;
    }
    overMark = false;
    // A writer on another thread may have crossed the mark in between and not seen the change.
    if (queued() > highMark) {
      overMark = true;
      return false;
    }
    return true;
  }

  /** Brings the node's budget up to date, where it is worth it. */
  void settle() {
    long now = queued();
    if (Math.abs(now - settled) > OutboundBudget.STEP || (now == 0 && settled != 0)) {
      budget.add(now - settled);
      settled = now;
    }
  }

  /** To nothing, whatever a writer on another thread has handed over in vain. */
  void end() {
    PENDING.lazySet(this, 0);
    budget.add(-settled);
    settled = 0;
  }
}
