// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Calls on a pool of threads: a stack that any thread pushes to, which one thread at a time takes
 * whole, turns round and works off. Whoever pushes onto nothing hands the order to the pool.
 */
final class PoolOrder extends SessionOrder implements Runnable {

  /** After so many calls the pool's thread goes to another connection that waits. */
  private static final int TURN = 64;

  /** In place of calls while a thread of the pool has the order. */
  private static final Call TAKEN = Call.of(() -> {});

  private final Executor pool;

  // Null: nobody has the order and nothing waits.
  private final AtomicReference<@Nullable Call> pushed = new AtomicReference<>();

  // In the order: what was taken and has not run, oldest first.
  private @Nullable Call taken;

  PoolOrder(Executor pool, @Nullable ClassLoader classLoader, CallsOwner owner) {
    super(classLoader, owner);
    this.pool = pool;
  }

  @Override
  void add(Call call) {
    @Nullable Call head;
    do {
      head = pushed.get();
      call.next = head;
    } while (!pushed.compareAndSet(head, call));
    if (head == null) {
      submit();
    }
  }

  @Override
  boolean busy() {
    return pushed.get() != null;
  }

  @Override
  public void run() {
    ClassLoader before = enterClassLoader();
    boolean more = true;
    for (int left = TURN; left > 0 && more; left--) {
      Call call = next();
      if (call == null) {
        more = !pushed.compareAndSet(TAKEN, null);
      } else {
        run(call);
      }
    }
    exitClassLoader(before);
    if (more) {
      submit();
    }
  }

  /** The oldest one; null: nothing waits at the moment, and the order is still ours. */
  private @Nullable Call next() {
    @Nullable Call oldest = taken;
    if (oldest == null) {
      @Nullable Call newest = pushed.getAndSet(TAKEN);
      while (newest != null && newest != TAKEN) {
        @Nullable Call older = newest.next;
        newest.next = oldest;
        oldest = newest;
        newest = older;
      }
    }
    if (oldest != null) {
      taken = oldest.next;
      oldest.next = null;
    }
    return oldest;
  }

  private void submit() {
    try {
      pool.execute(this);
    } catch (RejectedExecutionException poolHasEnded) {
      // The node is down to its last steps; what is left to say to the session is said here.
      run();
    }
  }
}
