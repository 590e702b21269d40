// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.ScheduledTask;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The scheduled tasks of one connection, so that they end with it instead of keeping it alive until
 * their time. Any thread; the lock is held for a few instructions and calls nothing.
 */
final class Timers {

  private @Nullable Set<ScheduledTask> tasks;
  private boolean ended;

  /** False once the connection has ended: the task must not start. */
  synchronized boolean add(ScheduledTask task) {
    if (ended) {
      return false;
    }
    if (tasks == null) {
      tasks = new HashSet<>();
    }
    tasks.add(task);
    return true;
  }

  synchronized void remove(ScheduledTask task) {
    if (tasks != null) {
      tasks.remove(task);
    }
  }

  void end() {
    List<ScheduledTask> left;
    synchronized (this) {
      ended = true;
      left = tasks == null ? List.of() : List.copyOf(tasks);
      tasks = null;
    }
    left.forEach(ScheduledTask::cancel);
  }
}
