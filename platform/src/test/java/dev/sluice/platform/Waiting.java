// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for conditions, with a bound that only a failure reaches. */
public final class Waiting {

  static final Duration PATIENCE = Duration.ofSeconds(30);

  private Waiting() {}

  /**
   * Waits until a condition holds.
   *
   * @param what for the failure's message
   * @param condition asked again and again
   */
  public static void until(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("did not come to pass within " + PATIENCE + ": " + what);
      }
      LockSupport.parkNanos(5_000_000);
    }
  }

  /** Work that goes on at the side, on a thread of its own. */
  static final class Side<T> {

    private final FutureTask<T> task;
    private final Thread thread;

    private Side(Callable<T> work) {
      task = new FutureTask<>(work);
      thread = new Thread(task, "test-side");
      thread.setDaemon(true);
      thread.start();
    }

    static Side<Boolean> run(Runnable work) {
      return call(
          () -> {
            work.run();
            return true;
          });
    }

    static <T> Side<T> call(Callable<T> work) {
      return new Side<>(work);
    }

    boolean done() {
      return task.isDone();
    }

    /** Whether it is parked, as in waiting for somebody. */
    boolean waits() {
      return thread.getState() == Thread.State.WAITING;
    }

    void interrupt() {
      thread.interrupt();
    }

    T result() throws Exception {
      return task.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    }
  }
}
