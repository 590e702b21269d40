// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Decides at accept, before any TLS state exists, whether an interface takes one more connection.
 * Any thread.
 */
final class InboundAdmission {

  private final int softCap;
  private final int hardCap;
  private final AtomicInteger open = new AtomicInteger();
  private final AtomicInteger peak = new AtomicInteger();

  InboundAdmission(int softCap, int hardCap) {
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
  static final class Place extends AtomicBoolean {
    private static final long serialVersionUID = 1;

    private final transient InboundAdmission admission;
    private final boolean capped;

    private Place(InboundAdmission admission, boolean capped) {
      this.admission = admission;
      this.capped = capped;
    }

    boolean capped() {
      return capped;
    }

    void release() {
      if (compareAndSet(false, true)) {
        admission.open.decrementAndGet();
      }
    }
  }
}
