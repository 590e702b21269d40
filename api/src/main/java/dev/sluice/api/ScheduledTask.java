// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

/** A task that waits for its time. */
@FunctionalInterface
public interface ScheduledTask {

  /**
   * Takes the task back. Called in the session's own order the task is certain not to run
   * afterwards; from elsewhere it may be running. Safe to call at any time, from any thread, again.
   */
  void cancel();
}
