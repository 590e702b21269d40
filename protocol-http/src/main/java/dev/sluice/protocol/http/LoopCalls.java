// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * Brings calls from any thread to a connection's loop in their order. A call made on the loop runs
 * at once where none is before it. The count is of those that run or wait: who raises it from 0 has
 * the calls until it is 0 again. It is raised before the call can be seen, so that it is 0 only
 * where none is left: a later call of the same thread could go first otherwise.
 */
final class LoopCalls extends Waiting implements Runnable {

  private static final AtomicIntegerFieldUpdater<LoopCalls> PENDING =
      AtomicIntegerFieldUpdater.newUpdater(LoopCalls.class, "pending");

  private final EventExecutor loop;
  private final HttpExchange exchange;

  @SuppressWarnings("unused") // by its updater
  private volatile int pending;

  // Given by who has raised the count from 0, to the loop: the one answer of a request from
  // elsewhere needs no queue.
  private @Nullable Runnable first;

  LoopCalls(EventExecutor loop, HttpExchange exchange) {
    this.loop = loop;
    this.exchange = exchange;
  }

  /** Whether the caller may make its call right now; then it leaves by {@link #exit}. */
  boolean enter() {
    return loop.inEventLoop() && PENDING.compareAndSet(this, 0, 1);
  }

  void exit() {
    if (PENDING.decrementAndGet(this) > 0) {
      drain();
    }
  }

  /** Never lost: with its loop gone a call runs on the thread that made it. */
  void execute(Runnable call) {
    if (PENDING.getAndIncrement(this) != 0) {
      add(call);
      return;
    }
    first = call;
    if (loop.inEventLoop() || !submitted()) {
      run();
    }
  }

  private boolean submitted() {
    try {
      loop.execute(this);
      return true;
    } catch (RejectedExecutionException loopHasEnded) {
      return false;
    }
  }

  /** The count was raised from 0 for this. */
  @Override
  public void run() {
    Runnable call = first;
    first = null;
    if (call == null) {
      drain();
    } else {
      guard(call);
      exit();
    }
  }

  private void drain() {
    boolean more;
    do {
      int done = 0;
      Runnable call;
      while ((call = poll()) != null) {
        guard(call);
        done++;
      }
      // What was counted may not be seen yet: the loop has its other work meanwhile.
      more = PENDING.addAndGet(this, -done) > 0;
    } while (more && !submitted());
  }

  private void guard(Runnable call) {
    try {
      call.run();
    } catch (Throwable thrown) {
      exchange.broken(thrown);
    }
  }
}
