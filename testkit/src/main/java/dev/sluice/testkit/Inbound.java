// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

/** Whether input may be read: neither paused nor over the budget. Any thread. */
final class Inbound {

  private final Runnable readOn;
  private final int budget;
  private boolean paused;
  private long held;

  Inbound(int budget, Runnable readOn) {
    this.budget = budget;
    this.readOn = readOn;
  }

  synchronized boolean mayRead() {
    return !paused && held < budget;
  }

  synchronized long held() {
    return held;
  }

  synchronized void pause(boolean now) {
    boolean before = mayRead();
    paused = now;
    wake(before);
  }

  synchronized void hold(long bytes) {
    requireNotNegative(bytes);
    held += bytes;
  }

  synchronized void consumed(long bytes) {
    requireNotNegative(bytes);
    boolean before = mayRead();
    held = Math.max(0, held - bytes);
    wake(before);
  }

  private void wake(boolean before) {
    if (!before && mayRead()) {
      readOn.run();
    }
  }

  private static void requireNotNegative(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("a negative number of bytes: " + bytes);
    }
  }
}
