// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Calls on a pool of threads: a queue of the connection's own, worked off by one thread at a time.
 */
final class PoolOrder extends SessionOrder implements Runnable {

  /** After so many calls the pool's thread goes to another connection that waits. */
  private static final int TURN = 64;

  private final Executor pool;
  private final ConcurrentLinkedQueue<Runnable> calls = new ConcurrentLinkedQueue<>();
  // Who raises it from 0 hands the queue to the pool; the turn that brings it to 0 gives it back.
  private final AtomicInteger pending = new AtomicInteger();
  // Written in order, read by any thread that asks whether a task would still run.
  private volatile boolean ended;

  PoolOrder(Executor pool, @Nullable ClassLoader classLoader) {
    super(classLoader);
    this.pool = pool;
  }

  @Override
  boolean enter() {
    return false;
  }

  @Override
  void exit() {
    throw new IllegalStateException("never entered");
  }

  @Override
  boolean execute(Runnable call) {
    if (ended) {
      return false;
    }
    calls.add(call);
    if (pending.getAndIncrement() == 0) {
      submit();
    }
    return true;
  }

  @Override
  void end() {
    ended = true;
  }

  @Override
  boolean busy() {
    return pending.get() > 0;
  }

  @Override
  public void run() {
    int done = 0;
    ClassLoader before = enterClassLoader();
    try {
      Runnable call;
      while (done < TURN && (call = calls.poll()) != null) {
        done++;
        call.run();
      }
    } finally {
      exitClassLoader(before);
      if (pending.addAndGet(-done) > 0) {
        submit();
      }
    }
  }

  private void submit() {
    try {
      pool.execute(this);
    } catch (RejectedExecutionException poolHasEnded) {
      // The node is down to its last steps; what is left to say to sessions is said here.
      run();
    }
  }
}
