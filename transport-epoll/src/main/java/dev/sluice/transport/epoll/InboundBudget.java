// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of input that sessions have not processed yet, on all interfaces together. Over the limit,
 * connections pause their reads and wait here; the release that makes room wakes all of them,
 * whatever interface and loop they belong to. Any thread.
 *
 * <p>Input that sessions hold unfinished is released only when more input comes, which does not
 * come while reads are paused. So that a node full of half messages does not stand still, {@link
 * #claimShedding} lets one connection at a time be closed once nothing has moved for a while.
 */
final class InboundBudget {

  static final long STALLED_NANOS = 2_000_000_000L;

  private final long limit;
  private final AtomicLong used = new AtomicLong();
  private final ConcurrentLinkedQueue<InboundGate> paused = new ConcurrentLinkedQueue<>();
  // Written by whoever releases: the least that was used since the first gate paused. Input of
  // connections that come and go adds and releases above it, and moves nothing.
  private volatile long lowest;
  // Read by every loop's sweep, written by whoever releases: when there was a new low.
  private final AtomicLong lastMoved = new AtomicLong(System.nanoTime());

  InboundBudget(long limit) {
    this.limit = limit;
  }

  void add(long bytes) {
    used.addAndGet(bytes);
  }

  void release(long bytes) {
    long left = used.addAndGet(-bytes);
    if (!paused.isEmpty()) {
      if (left < lowest) {
        lowest = left;
        lastMoved.set(System.nanoTime());
      }
      if (left <= limit) {
        wakeAll();
      }
    }
  }

  boolean exhausted() {
    return used.get() > limit;
  }

  long used() {
    return used.get();
  }

  /** Registers a gate that has paused. Room made in between wakes it at once. */
  void await(InboundGate gate) {
    if (paused.isEmpty()) {
      lowest = used.get();
      lastMoved.set(System.nanoTime());
    }
    paused.add(gate);
    if (!exhausted()) {
      wakeAll();
    }
  }

  void forget(InboundGate gate) {
    paused.remove(gate);
  }

  /**
   * Whether the caller may close a connection to make room: true for one caller each time that the
   * node has been full for a while and got no emptier.
   */
  boolean claimShedding(long now) {
    long moved = lastMoved.get();
    return exhausted()
        && !paused.isEmpty()
        && now - moved > STALLED_NANOS
        && lastMoved.compareAndSet(moved, now);
  }

  private void wakeAll() {
    @Nullable InboundGate gate;
    while ((gate = paused.poll()) != null) {
      gate.wakeFromNode();
    }
  }
}
