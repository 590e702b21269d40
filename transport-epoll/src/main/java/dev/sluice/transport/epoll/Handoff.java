// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import io.netty.channel.EventLoop;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What other threads hand over to a connection's loop. Any number of threads push; a burst costs
 * one wake-up, since only the push that finds nothing waiting wakes the loop. The order of the
 * pushes is kept.
 */
final class Handoff extends AtomicReference<Handoff.@Nullable Operation> implements Runnable {

  private static final long serialVersionUID = 1;

  /** In place of the newest operation once nothing is taken any more. */
  private static final Operation CLOSED =
      new Operation() {
        @Override
        void run() {}
      };

  private final transient EventLoop loop;
  private final transient Runnable afterwards;

  /** An operation on the way to the loop; used once. */
  abstract static class Operation {
    private @Nullable Operation next;

    /** On the loop; on a loop that has ended, on the thread that pushed. */
    abstract void run();
  }

  Handoff(EventLoop loop, Runnable afterwards) {
    super(null);
    this.loop = loop;
    this.afterwards = afterwards;
  }

  /** False once closed: the operation will not run. */
  boolean push(Operation operation) {
    @Nullable Operation head;
    do {
      head = get();
      if (head == CLOSED) {
        return false;
      }
      operation.next = head;
    } while (!compareAndSet(head, operation));
    if (head == null) {
      wake();
    }
    return true;
  }

  /** On the loop: whether another thread's operation waits, which must then go first. */
  boolean waiting() {
    @Nullable Operation head = get();
    return head != null && head != CLOSED;
  }

  /** On the loop: runs what waits, in order. */
  void drain() {
    if (get() != CLOSED) {
      run(getAndSet(null));
    }
  }

  /** On the loop: runs what waits and takes no more. */
  void close() {
    if (get() != CLOSED) {
      run(getAndSet(CLOSED));
    }
  }

  private static void run(@Nullable Operation newest) {
    @Nullable Operation reversed = newest;
    @Nullable Operation first = null;
    while (reversed != null) {
      Operation next = reversed;
      reversed = next.next;
      next.next = first;
      first = next;
    }
    while (first != null) {
      Operation operation = first;
      first = operation.next;
      operation.next = null;
      operation.run();
    }
  }

  /** The wake-up. */
  @Override
  public void run() {
    drain();
    afterwards.run();
  }

  private void wake() {
    try {
      loop.execute(this);
    } catch (RejectedExecutionException loopHasEnded) {
      drain();
    }
  }
}
