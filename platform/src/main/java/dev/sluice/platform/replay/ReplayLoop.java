// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.replay;

import dev.sluice.session.bridge.HandDrivenLoop;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The event loop of a replay, and its workers: one thread, the caller's, and a time that passes by
 * {@link #advance} alone. Others may hand in tasks.
 */
final class ReplayLoop extends HandDrivenLoop {

  private static final Logger log = LoggerFactory.getLogger(ReplayLoop.class);

  private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

  // Asked from every thread.
  private volatile @Nullable Thread running;
  private volatile long now = 1;

  /** Of the running thread only: what runs is a worker's, and has to hand over what it writes. */
  private boolean working;

  /** Where sessions run that may block. */
  Executor workers() {
    return task -> execute(() -> work(task));
  }

  private void work(Runnable task) {
    working = true;
    try {
      task.run();
    } finally {
      working = false;
    }
  }

  /** Runs the task, what waits, and all that follows. */
  void run(Runnable task) {
    execute(task);
    runAll();
  }

  void runAll() {
    running = Thread.currentThread();
    try {
      for (Runnable next = nextTask(); next != null; next = nextTask()) {
        guarded(next);
      }
    } finally {
      running = null;
    }
  }

  /** What a protocol hands to the loop itself may throw, as on a loop that goes on. */
  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error thrown) {
      log.warn("a task that the protocol has handed to the loop failed", thrown);
    }
  }

  private @Nullable Runnable nextTask() {
    Runnable due = pollScheduledTask(now);
    return due != null ? due : tasks.poll();
  }

  /** Lets time pass, from one delayed task to the next. */
  void advance(long nanos) {
    long end = now + nanos;
    runAll();
    for (long due = deadline(); due >= 0 && due <= end; due = deadline()) {
      now = Math.max(now, due);
      runAll();
    }
    now = end;
    runAll();
  }

  private long deadline() {
    running = Thread.currentThread();
    try {
      return nextScheduledTaskDeadlineNanos();
    } finally {
      running = null;
    }
  }

  /** Waits, in the world's time, for a task of another thread, and runs it. False: none came. */
  boolean awaitOthers(Duration patience) throws InterruptedException {
    Runnable task = tasks.poll(patience.toNanos(), TimeUnit.NANOSECONDS);
    if (task == null) {
      return false;
    }
    run(task);
    return true;
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  @Override
  public boolean inEventLoop(Thread thread) {
    return running == thread && !working;
  }

  @Override
  protected long now() {
    return now;
  }
}
