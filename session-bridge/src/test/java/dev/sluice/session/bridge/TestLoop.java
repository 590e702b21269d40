// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;

/** An event loop without a thread: a test says when it runs, and what time it is. */
abstract class TestLoop extends HandDrivenLoop {

  private final LongSupplier clock;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();

  /** It says that it is going to stop, and runs on. */
  boolean stopping;

  TestLoop(LongSupplier clock) {
    this.clock = clock;
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
  protected final long now() {
    return clock.getAsLong();
  }

  @Override
  public final boolean isShuttingDown() {
    return stopping;
  }
}
