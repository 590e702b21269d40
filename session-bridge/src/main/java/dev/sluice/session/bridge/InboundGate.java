// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;

/**
 * Decides whether a stream is read from, and counts its input against the budgets.
 *
 * <p>The reasons to pause belong to the loop; the counts may be changed from any thread.
 */
final class InboundGate {

  private static final AtomicLongFieldUpdater<InboundGate> QUEUED =
      AtomicLongFieldUpdater.newUpdater(InboundGate.class, "queued");

  static final int SESSION = 1;
  static final int CONNECTION_LIMIT = 1 << 1;
  static final int NODE_BUDGET = 1 << 2;
  static final int OUTPUT = 1 << 3;

  private final StreamWire wire;
  private final EventExecutor loop;
  private final InboundBudget budget;
  private final int connectionLimit;
  private final HeldInput held;
  // Loop only.
  private int reasons;
  private boolean closed;
  private volatile long queued;
  // Written on the loop, read by the workers that make room.
  private volatile boolean overConnectionLimit;

  InboundGate(
      StreamWire wire,
      EventExecutor loop,
      InboundBudget budget,
      HeldInput held,
      int connectionLimit) {
    this.wire = wire;
    this.loop = loop;
    this.budget = budget;
    this.held = held;
    this.connectionLimit = connectionLimit;
  }

  /** On the loop: input goes into the session's queue. */
  void queue(int bytes) {
    budget.add(bytes);
    if (QUEUED.addAndGet(this, bytes) > connectionLimit) {
      overConnectionLimit = true;
      pause(CONNECTION_LIMIT);
      // The session may have made room in between, and not have seen that it was wanted.
      backUnderLimit();
    }
  }

  /** Any thread: the session has processed input that was queued. */
  void processed(int bytes) {
    budget.release(bytes);
    if (QUEUED.addAndGet(this, -bytes) <= connectionLimit / 2 && overConnectionLimit) {
      onLoop(this::backUnderLimit);
    }
  }

  private void backUnderLimit() {
    if (overConnectionLimit && queued <= connectionLimit / 2) {
      overConnectionLimit = false;
      resume(CONNECTION_LIMIT);
    }
  }

  /** Any thread: the session has more than before; the loop looks whether that is too much. */
  void heldMore() {
    if (budget.exhausted()) {
      onLoop(this::checkNodeBudget);
    }
  }

  /**
   * On the loop, at the end of a read pass: waits for the node's budget if this one has a share.
   */
  void checkNodeBudget() {
    if (budget.exhausted() && (queued > 0 || held.bytes() > 0) && !closed && !pausedByNode()) {
      pause(NODE_BUDGET);
      budget.await(this);
    }
  }

  /** Bytes that the session has not finished with; any thread. */
  long waiting() {
    return queued + held.bytes();
  }

  /** Whether reads rest; any thread, elsewhere than on the loop it may be a little old. */
  boolean paused() {
    return reasons != 0;
  }

  boolean pausedByNode() {
    return (reasons & NODE_BUDGET) != 0;
  }

  /** From any thread: there is room again. */
  void wakeFromNode() {
    onLoop(() -> resume(NODE_BUDGET));
  }

  /** On the loop. */
  void pause(int reason) {
    boolean reading = reasons == 0 && !closed;
    reasons |= reason;
    if (reading) {
      wire.reads(false);
    }
  }

  /** On the loop. */
  void resume(int reason) {
    boolean rested = reasons != 0;
    reasons &= ~reason;
    if (rested && reasons == 0 && !closed) {
      wire.reads(true);
    }
  }

  /** On the loop. */
  void set(int reason, boolean stands) {
    if (stands) {
      pause(reason);
    } else {
      resume(reason);
    }
  }

  /** On the loop: the connection is closing, input is read only to be thrown away. */
  void openForDiscard() {
    if (!closed) {
      boolean rested = reasons != 0;
      leave();
      reasons = 0;
      if (rested) {
        wire.reads(true);
      }
    }
  }

  /** On the loop: nothing is read any more. */
  void leave() {
    closed = true;
    if (pausedByNode()) {
      reasons &= ~NODE_BUDGET;
      budget.forget(this);
    }
  }

  private void onLoop(Runnable task) {
    if (loop.inEventLoop()) {
      task.run();
    } else {
      try {
        loop.execute(task);
      } catch (RejectedExecutionException loopHasEnded) {
        // Nothing reads any more.
      }
    }
  }
}
