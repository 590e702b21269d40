// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * A flag that every loop reads at every pass and hardly anybody writes, on a cache line of its own:
 * the count that decides it changes all the time, and its line with it. Any thread.
 */
final class PaddedFlag {

  /** Two cache lines, since processors fetch them in pairs. */
  private static final int PADDING = 32;

  private final AtomicIntegerArray line = new AtomicIntegerArray(2 * PADDING);

  boolean isSet() {
    return line.get(PADDING) != 0;
  }

  /** Written where it changes only. */
  void set(boolean to) {
    if (isSet() != to) {
      line.set(PADDING, to ? 1 : 0);
    }
  }
}
