// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.session.bridge.HandDrivenLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * Runs tasks one after the other, in the order they came, on the thread that calls {@link #runAll}
 * or {@link #advance}, and at no other time. Stands in for the event loop and, by {@link #workers},
 * for the threads beside it.
 *
 * <p>Tasks may be handed in from any thread. Never shuts down.
 */
public final class DeterministicExecutor extends HandDrivenLoop {

  private final ManualClock clock;
  private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
  private final List<Throwable> failures = new ArrayList<>();
  private final Object driving = new Object();

  private final CallWatch calls = new CallWatch();
  private boolean trails = true;

  private final Executor workers = task -> execute(new Work(task));

  /** Volatile: {@link #inEventLoop} is asked from every thread. */
  private volatile @Nullable Thread running;

  /** A worker's task runs. Of meaning to the running thread only, which writes it. */
  private boolean working;

  /** A task that a worker runs and not the loop. */
  private record Work(Runnable task) implements Runnable {
    @Override
    public void run() {
      task.run();
    }
  }

  /** An executor with a clock of its own. */
  public DeterministicExecutor() {
    this(new ManualClock());
  }

  /**
   * An executor whose delays are measured on the given clock.
   *
   * @param clock may be shared
   */
  public DeterministicExecutor(ManualClock clock) {
    this.clock = clock;
  }

  /**
   * Runs what waits and is due, and what that adds, on the calling thread. From within a task it
   * does nothing: whoever runs that task goes on.
   */
  public void runAll() {
    if (driving()) {
      return;
    }
    synchronized (driving) {
      running = Thread.currentThread();
      try {
        for (Runnable task = nextTask(); task != null; task = nextTask()) {
          run(task);
        }
      } finally {
        running = null;
      }
    }
  }

  /**
   * Lets a worker's task wait: runs what else there is, as other threads would. For what is called
   * from within such a task; elsewhere it does nothing.
   *
   * @return whether there was anything to run
   */
  public boolean runOthers() {
    if (!driving() || !working) {
      return false;
    }
    boolean any = false;
    working = false;
    try {
      for (Runnable task = nextTask(); task != null; task = nextTask()) {
        any = true;
        run(task);
      }
    } finally {
      working = true;
    }
    return any;
  }

  /**
   * Does the work on a thread of its own, and looks whether a call into a session, or from there
   * into an application, blocks it.
   *
   * @param eventLoop how long a call on an event loop may run or wait
   * @param worker how long any other call may
   * @param work drives this executor; what it throws is thrown here
   * @throws AssertionError with the stack of a call that takes too long; its thread is interrupted
   */
  public void watch(Duration eventLoop, Duration worker, Runnable work) {
    calls.run(new CallWatch.Limits(eventLoop, worker), work);
  }

  /**
   * Moves the clock, stopping at each delayed task on the way to run it at its time.
   *
   * @param by not negative
   * @throws IllegalStateException from within a task
   */
  public void advance(Duration by) {
    if (driving()) {
      throw new IllegalStateException("a task can't move the clock");
    }
    runAll();
    long end = clock.elapsed().plus(by).toNanos();
    for (long due = nextDeadline(); due >= 0 && due <= end; due = nextDeadline()) {
      clock.advance(Duration.ofNanos(Math.max(0, due - clock.elapsed().toNanos())));
      runAll();
    }
    clock.advance(Duration.ofNanos(end - clock.elapsed().toNanos()));
    runAll();
  }

  /**
   * How long until the next delayed task.
   *
   * @return null if none waits
   */
  public @Nullable Duration untilNext() {
    long due = nextDeadline();
    return due < 0 ? null : Duration.ofNanos(Math.max(0, due - clock.elapsed().toNanos()));
  }

  /**
   * Stands in for the node's workers: runs tasks in the same order as all others, and outside of
   * the event loop, so that what they ask a connection for is handed over to it as in a node.
   *
   * @return the same always; tasks may be handed in from any thread
   */
  public Executor workers() {
    return workers;
  }

  /**
   * The clock that delays are measured on.
   *
   * @return as given
   */
  public ManualClock clock() {
    return clock;
  }

  /**
   * What tasks have thrown.
   *
   * @return oldest first
   */
  public List<Throwable> failures() {
    synchronized (driving) {
      return List.copyOf(failures);
    }
  }

  /** Hands in a task; any thread. It runs at the next {@link #runAll}. */
  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  /** Whether the thread is running this executor's tasks just now, and not one of a worker's. */
  @Override
  public boolean inEventLoop(Thread thread) {
    return running == thread && !working;
  }

  /** Of what its tasks call. */
  CallWatch calls() {
    return calls;
  }

  /** Before its first task: nothing is written down of who keeps a buffer. */
  DeterministicExecutor withoutTrails() {
    trails = false;
    return this;
  }

  /** Whether it is written down who keeps a buffer. */
  boolean trails() {
    return trails;
  }

  /** Whether the calling thread is running a task just now, of the loop or of a worker. */
  boolean driving() {
    return running == Thread.currentThread();
  }

  @Override
  protected long now() {
    return clock.elapsed().toNanos();
  }

  private void run(Runnable task) {
    working = task instanceof Work;
    try {
      task.run();
    } catch (Throwable failure) {
      failures.add(failure);
    } finally {
      working = false;
    }
  }

  private @Nullable Runnable nextTask() {
    Runnable due = pollScheduledTask(now());
    while (due != null) {
      tasks.add(due);
      due = pollScheduledTask(now());
    }
    return tasks.poll();
  }

  private long nextDeadline() {
    synchronized (driving) {
      return nextScheduledTaskDeadlineNanos();
    }
  }
}
