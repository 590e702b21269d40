// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What other threads hand over to a connection's loop. Any number of threads push; a burst costs
 * one wake-up, since only the push that finds nothing waiting wakes the loop. The order of the
 * pushes is kept. An operation that throws does not keep those behind it from running.
 */
final class Handoff extends AtomicReference<Handoff.@Nullable Operation> implements Runnable {

  private static final long serialVersionUID = 1;

  /** In place of the newest operation once nothing is taken any more. */
  private static final Operation CLOSED =
      new Operation() {
        @Override
        void run() {}
      };

  private final transient EventExecutor loop;
  private final transient CallsOwner owner;

  // Loop only: what was taken and has not run, oldest first.
  private transient @Nullable Operation taken;
  private transient @Nullable Operation lastTaken;

  /** An operation on the way to the loop; used once. */
  abstract static class Operation {
    private @Nullable Operation next;

    /** On the loop; on a loop that has ended, on the thread that pushed. */
    abstract void run();
  }

  /**
   * @param owner hears what an operation throws, and of a burst's end; does not throw itself
   */
  Handoff(EventExecutor loop, CallsOwner owner) {
    super(null);
    this.loop = loop;
    this.owner = owner;
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
    return taken != null || (head != null && head != CLOSED);
  }

  /** On the loop: runs what waits, in order; also from within an operation. */
  void drain() {
    if (get() != CLOSED) {
      take(getAndSet(null));
    }
    runTaken();
  }

  /** On the loop: runs what waits and takes no more. */
  void close() {
    if (get() != CLOSED) {
      take(getAndSet(CLOSED));
    }
    runTaken();
  }

  /** Behind what was taken before, turned round. */
  private void take(@Nullable Operation newest) {
    @Nullable Operation oldest = null;
    @Nullable Operation last = newest;
    while (newest != null) {
      Operation operation = newest;
      newest = operation.next;
      operation.next = oldest;
      oldest = operation;
    }
    if (oldest == null) {
      return;
    }
    if (lastTaken == null) {
      taken = oldest;
    } else {
      lastTaken.next = oldest;
    }
    lastTaken = last;
  }

  private void runTaken() {
    Operation operation;
    while ((operation = taken) != null) {
      taken = operation.next;
      if (taken == null) {
        lastTaken = null;
      }
      operation.next = null;
      try {
        operation.run();
      } catch (Throwable thrown) {
        owner.failedWithin(thrown);
      }
    }
  }

  /** The wake-up. */
  @Override
  public void run() {
    drain();
    owner.flushWritten();
  }

  private void wake() {
    try {
      loop.execute(this);
    } catch (RejectedExecutionException loopHasEnded) {
      synchronized (this) {
        drain();
      }
    }
  }
}
