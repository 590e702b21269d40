// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

/** What a session has written while it was not writable. Any thread. */
final class Overrun {

  private boolean lasts;
  private long bytes;
  private long most;
  private long largest;

  /** A write is let. */
  synchronized void wrote(int count, boolean before, boolean after) {
    if (before) {
      bytes = 0;
    } else {
      bytes += count;
      most = Math.max(most, bytes);
      largest = Math.max(largest, count);
    }
    lasts = !after;
  }

  /** The last write left it not writable; it may have become so again since. */
  synchronized boolean lasts() {
    return lasts;
  }

  /** Since it was writable last. */
  synchronized long bytes() {
    return bytes;
  }

  /** The most that {@link #bytes} has been. */
  synchronized long most() {
    return most;
  }

  /** The largest single write in all of it. */
  synchronized long largest() {
    return largest;
  }
}
