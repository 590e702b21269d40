// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Keeps a peer whose address may be forged from being sent much more than came in its name, so that
 * nobody has use for the node against others (as in RFC 9000, section 8.1). Any thread.
 */
final class AmplificationGuard {

  private final int times;
  private final AtomicLong allowance = new AtomicLong();
  // Said by the session on any thread, read by writers.
  private volatile boolean verified;

  /**
   * @param times how many times the bytes received may be sent
   */
  AmplificationGuard(int times) {
    this.times = times;
  }

  void received(int bytes) {
    if (!verified) {
      allowance.addAndGet((long) bytes * times);
    }
  }

  /** The peer has shown that it gets what is sent to its address. */
  void verified() {
    verified = true;
  }

  /** Takes the bytes off what may be sent; false: that is too little. */
  boolean take(int bytes) {
    if (verified) {
      return true;
    }
    long left;
    do {
      left = allowance.get();
      if (left < bytes) {
        return false;
      }
    } while (!allowance.compareAndSet(left, left - bytes));
    return true;
  }
}
