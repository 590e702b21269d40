// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that stands still until it is advanced. Safe to use from any thread. */
public final class ManualClock {

  private final AtomicLong nanos = new AtomicLong();

  /** A clock at zero. */
  public ManualClock() {}

  /**
   * The time.
   *
   * @return since the clock was made
   */
  public Duration elapsed() {
    return Duration.ofNanos(nanos.get());
  }

  /**
   * The time of day that goes with it.
   *
   * @return begins at the epoch
   */
  public InstantSource instants() {
    return () -> Instant.EPOCH.plus(elapsed());
  }

  /**
   * Moves the time forward. Runs nothing: see {@link DeterministicExecutor#advance}.
   *
   * @param by not negative
   * @throws IllegalArgumentException if negative
   */
  public void advance(Duration by) {
    if (by.isNegative()) {
      throw new IllegalArgumentException("time does not go back: " + by);
    }
    nanos.addAndGet(by.toNanos());
  }
}
