// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/** The worker threads of a {@link Simulation}: any of the tasks that wait is the next one. */
final class SimPool implements Executor {

  private final Simulation sim;
  private final List<Runnable> tasks = new ArrayList<>();
  private final SimThread[] threads;
  private boolean ended;

  SimPool(Simulation sim, int threads) {
    this.sim = sim;
    this.threads = new SimThread[threads];
    for (int i = 0; i < threads; i++) {
      this.threads[i] = new SimThread("worker" + i);
    }
  }

  @Override
  public void execute(Runnable task) {
    if (ended) {
      throw new RejectedExecutionException("ended");
    }
    tasks.add(task);
    sim.interleave();
  }

  boolean idle() {
    return tasks.isEmpty();
  }

  /** Refuses tasks from now on; what waits still runs. */
  void end() {
    ended = true;
  }

  boolean ended() {
    return ended;
  }

  boolean owns(SimThread thread) {
    for (SimThread own : threads) {
      if (own == thread) {
        return true;
      }
    }
    return false;
  }

  /** False: there was nothing to run, or all threads are at work. */
  boolean runOne() {
    SimThread free = null;
    for (SimThread thread : threads) {
      if (!thread.busy) {
        free = thread;
      }
    }
    if (free == null || tasks.isEmpty()) {
      return false;
    }
    Runnable task = tasks.remove(sim.choices().below(tasks.size()));
    sim.as(free, task);
    return true;
  }
}
