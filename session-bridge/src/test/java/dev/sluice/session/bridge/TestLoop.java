// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Ticker;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** An event loop without a thread: a test says when it runs, and what time it is. */
abstract class TestLoop extends AbstractScheduledEventExecutor {

  private final Ticker ticker;
  private final LongSupplier clock;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();

  /** It says that it is going to stop, and runs on. */
  boolean stopping;

  TestLoop(LongSupplier clock) {
    this.clock = clock;
    this.ticker = ticker(clock);
  }

  static Ticker ticker(LongSupplier clock) {
    return new Ticker() {
      @Override
      public long initialNanoTime() {
        return 0;
      }

      @Override
      public long nanoTime() {
        return clock.getAsLong();
      }

      @Override
      public void sleep(long delay, TimeUnit unit) {
        throw new UnsupportedOperationException("nobody would wake the sleeper");
      }
    };
  }

  /** The next task, or what is due; null: there is nothing to run. To be called on the loop. */
  final Runnable nextTask() {
    Runnable task = tasks.poll();
    return task != null ? task : pollScheduledTask(clock.getAsLong());
  }

  /** As a loop that has looked at its sockets: what is due now runs behind what waits already. */
  final void takeDue() {
    Runnable due;
    while ((due = pollScheduledTask(clock.getAsLong())) != null) {
      tasks.add(due);
    }
  }

  /** The next task but for what is scheduled. */
  final Runnable nextUnscheduled() {
    return tasks.poll();
  }

  final boolean idle() {
    return tasks.isEmpty();
  }

  /** Whether something waits for its time. */
  final boolean waits() {
    return nextScheduledTaskDeadlineNanos() >= 0;
  }

  @Override
  public void execute(Runnable task) {
    if (isShutdown()) {
      throw new RejectedExecutionException("ended");
    }
    tasks.add(task);
  }

  @Override
  public final Ticker ticker() {
    return ticker;
  }

  @Override
  public final boolean isShuttingDown() {
    return stopping;
  }

  @Override
  public boolean isShutdown() {
    return false;
  }

  @Override
  public final boolean isTerminated() {
    return false;
  }

  @Override
  public final boolean awaitTermination(long timeout, TimeUnit unit) {
    return false;
  }

  @Override
  public final Future<?> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
    return terminationFuture();
  }

  @Override
  public final Future<?> terminationFuture() {
    return newFailedFuture(new UnsupportedOperationException("never shuts down"));
  }

  @Override
  @Deprecated
  public final void shutdown() {
    throw new UnsupportedOperationException("never shuts down");
  }
}
