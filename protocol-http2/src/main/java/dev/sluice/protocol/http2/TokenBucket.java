// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import java.time.Duration;

/** A token bucket: so many may be had at once, and they come back with time. */
final class TokenBucket {

  private final long most;
  private final long nanosEach;
  private long left;
  private long since;

  /** All of it comes back in the duration. */
  TokenBucket(int most, Duration in) {
    this.most = most;
    this.nanosEach = Math.max(1, in.toNanos() / most);
    this.left = most;
    this.since = System.nanoTime();
  }

  /** False: there was none left. Looks at the clock only then. */
  boolean take() {
    if (left == 0) {
      long now = System.nanoTime();
      long back = (now - since) / nanosEach;
      since += back * nanosEach;
      left = Math.min(most, back);
      if (back >= most) {
        since = now;
      }
    }
    if (left == 0) {
      return false;
    }
    left--;
    return true;
  }

  void giveBack(int count) {
    left = Math.min(most, left + count);
  }
}
