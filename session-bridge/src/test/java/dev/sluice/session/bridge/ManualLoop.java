// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

/** The loop of a {@link Bench}: every thread is on it that does not say otherwise. */
final class ManualLoop extends TestLoop {

  private final long[] clock;
  private final ThreadLocal<Boolean> elsewhere = ThreadLocal.withInitial(() -> false);

  /** It takes no more tasks. */
  volatile boolean ended;

  ManualLoop() {
    this(new long[] {1});
  }

  private ManualLoop(long[] clock) {
    super(() -> clock[0]);
    this.clock = clock;
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

  /** One turn between two looks at the sockets: what is scheduled meanwhile waits for the next. */
  void runTurn() {
    takeDue();
    Runnable task;
    while ((task = nextUnscheduled()) != null) {
      task.run();
    }
  }

  /** As another thread. */
  void elsewhere(Runnable what) {
    as(true, what);
  }

  /** As the loop, beside another thread that is in the middle of something. */
  void here(Runnable what) {
    as(false, what);
  }

  private void as(boolean other, Runnable what) {
    boolean before = elsewhere.get();
    elsewhere.set(other);
    try {
      what.run();
    } finally {
      elsewhere.set(before);
    }
  }

  @Override
  public boolean isShutdown() {
    return ended;
  }

  @Override
  public boolean inEventLoop(Thread unused) {
    return !elsewhere.get();
  }
}
