// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The places of an endpoint under its caps: taken before there is a connection, given back when its
 * session has ended. Any thread.
 */
public final class Admission {

  private final int softCap;
  private final int hardCap;
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger peak = new AtomicInteger();

  Admission(int softCap, int hardCap) {
    this.softCap = softCap;
    this.hardCap = hardCap;
  }

  /** Takes a place, or answers null over the hard cap. */
  @Nullable Place admit() {
    int now;
    do {
      now = open.get();
      if (now >= hardCap) {
        return null;
      }
    } while (!open.compareAndSet(now, now + 1));
    int reached = now + 1;
    peak.accumulateAndGet(reached, Math::max);
    return new Place(this, reached > softCap);
  }

  int open() {
    return open.get();
  }

  int peak() {
    return peak.get();
  }

  int softCap() {
    return softCap;
  }

  int hardCap() {
    return hardCap;
  }

  /** A place under the caps: given back once, however many paths a close took. */
  public static final class Place extends AtomicBoolean {
    private static final long serialVersionUID = 1;

    private final transient Admission admission;
    private final boolean capped;

    private Place(Admission admission, boolean capped) {
      this.admission = admission;
      this.capped = capped;
    }

    /**
     * Whether it is over the soft cap.
     *
     * @return the same always
     */
    public boolean capped() {
      return capped;
    }

    /** Gives the place back, unless that was done before. */
    public void release() {
      if (compareAndSet(false, true)) {
        admission.open.decrementAndGet();
      }
    }
  }
}
