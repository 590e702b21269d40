// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Decides whether a connection reads from its socket, and counts its input against the budgets.
 *
 * <p>The reasons to pause belong to the loop; the counts may be changed from any thread.
 */
final class InboundGate implements Runnable {

  static final int SESSION = 1;
  static final int CONNECTION_LIMIT = 1 << 1;
  static final int NODE_BUDGET = 1 << 2;
  static final int OUTPUT = 1 << 3;

  private final Channel channel;
  private final EventLoop loop;
  private final InboundBudget budget;
  private final int connectionLimit;
  private final AtomicInteger queued = new AtomicInteger();
  private final HeldInput held;
  // Loop only.
  private int reasons;
  private boolean closed;
  // Written on the loop, read by the workers that make room.
  private volatile boolean overConnectionLimit;

  InboundGate(Channel channel, EventLoop loop, InboundBudget budget, int connectionLimit) {
    this.channel = channel;
    this.loop = loop;
    this.budget = budget;
    this.held = new HeldInput(budget);
    this.connectionLimit = connectionLimit;
  }

  /** On the loop: input goes into the session's queue. */
  void queue(int bytes) {
    budget.add(bytes);
    if (queued.addAndGet(bytes) > connectionLimit) {
      overConnectionLimit = true;
      pause(CONNECTION_LIMIT);
      if (queued.get() <= connectionLimit / 2) {
        run();
      }
    }
  }

  /** The session has processed input that was queued. */
  void processed(int bytes) {
    budget.release(bytes);
    if (queued.addAndGet(-bytes) <= connectionLimit / 2 && overConnectionLimit) {
      onLoop(this);
    }
  }

  /** The session keeps input beyond its call. */
  void hold(int bytes) {
    held.hold(bytes);
    if (budget.exhausted()) {
      onLoop(this::checkNodeBudget);
    }
  }

  /** The session is done with input that it kept; never more than there is. */
  void consumed(int bytes) {
    held.consumed(bytes);
  }

  int held() {
    return held.bytes();
  }

  /**
   * On the loop, at the end of a read pass: waits for the node's budget if this one has a share.
   */
  void checkNodeBudget() {
    if (budget.exhausted()
        && (queued.get() > 0 || held.bytes() > 0)
        && !closed
        && (reasons & NODE_BUDGET) == 0) {
      pause(NODE_BUDGET);
      budget.await(this);
    }
  }

  /** Bytes that the session has not finished with; any thread. */
  long waiting() {
    return (long) queued.get() + held.bytes();
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
    if (reasons == 0 && !closed) {
      channel.config().setAutoRead(false);
    }
    reasons |= reason;
  }

  /** On the loop. */
  void resume(int reason) {
    if (reasons == 0) {
      return;
    }
    reasons &= ~reason;
    if (reasons == 0 && !closed) {
      channel.config().setAutoRead(true);
    }
  }

  /** On the loop: the connection is closing, input is read only to be thrown away. */
  void openForDiscard() {
    if (!closed) {
      closed = true;
      if (pausedByNode()) {
        budget.forget(this);
      }
      reasons = 0;
      channel.config().setAutoRead(true);
    }
  }

  /** On the loop: the channel is gone. */
  void channelClosed() {
    closed = true;
    if (pausedByNode()) {
      budget.forget(this);
    }
  }

  /** The session has been told of the end: what it held is free. */
  void release() {
    held.release();
  }

  /** On the loop: back under the connection's limit. */
  @Override
  public void run() {
    if (overConnectionLimit && queued.get() <= connectionLimit / 2) {
      overConnectionLimit = false;
      resume(CONNECTION_LIMIT);
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
