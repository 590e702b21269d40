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
    this(most, in, System.nanoTime());
  }

  TokenBucket(int most, Duration in, long now) {
    this.most = most;
    this.nanosEach = Math.max(1, in.toNanos() / most);
    this.left = most;
    this.since = now;
  }

  /** False: there was none left. */
  boolean take() {
    return take(System.nanoTime());
  }

  /** As above. What has come back is looked at each time, or it would come on top of the rest. */
  boolean take(long now) {
    long back = (now - since) / nanosEach;
    if (back >= most - left) {
      left = most;
      since = now;
    } else {
      left += back;
      since += back * nanosEach;
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
