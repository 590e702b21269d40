// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

/** The loop of a {@link Bench}: every thread is on it that does not say otherwise. */
final class ManualLoop extends TestLoop {

  private final long[] clock;
  private final ThreadLocal<Boolean> elsewhere = ThreadLocal.withInitial(() -> false);

  ManualLoop() {
    this(new long[] {1});
  }

  private ManualLoop(long[] clock) {
    super(() -> clock[0]);
    this.clock = clock;
  }

  long now() {
    return clock[0];
  }

  void advance(long nanos) {
    clock[0] += nanos;
  }

  /** Runs what waits and is due, and what that adds. */
  void runAll() {
    Runnable task;
    while ((task = nextTask()) != null) {
      task.run();
    }
  }

  /** As another thread. */
  void elsewhere(Runnable what) {
    elsewhere.set(true);
    try {
      what.run();
    } finally {
      elsewhere.set(false);
    }
  }

  @Override
  public boolean inEventLoop(Thread unused) {
    return !elsewhere.get();
  }
}
