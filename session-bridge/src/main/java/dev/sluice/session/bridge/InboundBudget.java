// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of input that wait for sessions, or that sessions hold, on all connections together. While
 * there are more than the limit, connections pause their reads and wait here; the release that
 * makes room wakes all of them, whatever interface and loop they belong to. Datagrams can't wait:
 * they are dropped meanwhile. Any thread.
 *
 * <p>Input that sessions hold unfinished is released only when more input comes, which does not
 * come while reads are paused and datagrams are dropped. So that a node full of half messages does
 * not stand still, {@link #shed} names one connection at a time to be closed once nothing has moved
 * for a while, and the next ones sooner and sooner: what the first has left may be filled by others
 * like it.
 */
public final class InboundBudget {

  /** How long a full node stands still before one connection is closed. */
  static final long STALLED_NANOS = 2_000_000_000L;

  /** From one connection to the next that is closed, that halves; so often at most. */
  private static final int MOST_HALVINGS = 5;

  private final long limit;
  private final AtomicLong used = new AtomicLong();
  private final AtomicLong promised = new AtomicLong();
  private final PaddedFlag exhausted = new PaddedFlag();
  private final ConcurrentLinkedQueue<InboundGate> paused = new ConcurrentLinkedQueue<>();

  // Set by loops, cleared by whoever makes room: a datagram was dropped since the node became full.
  private volatile boolean dropping;

  // Written by whoever releases: the least that was used since the first gate paused, or the first
  // datagram was dropped. Input of connections that come and go adds and releases above it, and
  // moves nothing.
  private volatile long lowest;

  // Raised by whoever releases, with each new low; read by the sweeps.
  private final AtomicLong lows = new AtomicLong();

  // Sweeps of several loops, under the lock: the low that was seen last, and when, and what each
  // saw held at its last tick.
  private long seenLow = -1;
  private long seenAt;
  private long shedAt;
  private int halvings;
  private final Map<Sweep, Sweep.Held> held = new HashMap<>();

  InboundBudget(long limit) {
    this.limit = limit;
  }

  void add(long bytes) {
    if (used.addAndGet(bytes) > limit && !exhausted.isSet()) {
      refreshFlag();
    }
  }

  void release(long bytes) {
    long left = used.addAndGet(-bytes);
    if (left <= limit && exhausted.isSet()) {
      refreshFlag();
    }
    if (somebodyWaits()) {
      if (left < lowest) {
        lowest = left;
        lows.incrementAndGet();
      }
      if (left <= limit) {
        dropping = false;
        wakeAll();
      }
    }
  }

  /** Sessions let their peers send more than before, or less. */
  void promise(long bytes) {
    promised.addAndGet(bytes);
  }

  /**
   * What is neither promised nor used, but for a sixteenth: what nobody promises needs room too.
   */
  long roomForPromises() {
    return limit - limit / 16 - promised.get() - used.get();
  }

  long promised() {
    return promised.get();
  }

  /** Whoever changes the count last sees to it that the flag is right. */
  private void refreshFlag() {
    boolean over;
    do {
      over = used.get() > limit;
      exhausted.set(over);
    } while (over != used.get() > limit);
  }

  /**
   * Whether there is more than the limit.
   *
   * @return costs no shared write
   */
  public boolean exhausted() {
    return exhausted.isSet();
  }

  long used() {
    return used.get();
  }

  /** Registers a gate that has paused. Room made in between wakes it at once. */
  void await(InboundGate gate) {
    beginToWait();
    paused.add(gate);
    if (used.get() <= limit) {
      wakeAll();
    }
  }

  /** A datagram was dropped for want of room: its peer waits as a paused gate does. */
  void dropped() {
    if (!dropping) {
      beginToWait();
      dropping = true;
      if (used.get() <= limit) {
        // There was room in between, and nobody may be left to say so.
        dropping = false;
      }
    }
  }

  private void beginToWait() {
    if (!somebodyWaits()) {
      lowest = used.get();
      lows.incrementAndGet();
    }
  }

  private boolean somebodyWaits() {
    return dropping || !paused.isEmpty();
  }

  void forget(InboundGate gate) {
    paused.remove(gate);
  }

  /** How many gates wait. */
  int waiting() {
    return paused.size();
  }

  /**
   * For sweeps, at the end of each tick: which connection is to be closed to make room. It is the
   * one that holds the most of all loops', once the node has been full for a while and got no
   * emptier.
   *
   * @param sweep the caller
   * @param seen what its connections hold
   * @return may be another loop's; null: none
   */
  synchronized @Nullable SessionBridge shed(Sweep sweep, Sweep.Held seen, long now) {
    if (seen.largest() == null) {
      held.remove(sweep);
    } else {
      held.put(sweep, seen);
    }
    long low = lows.get();
    if (low != seenLow) {
      seenLow = low;
      seenAt = now;
    }
    if (halvings > 0 && now - shedAt > 2 * STALLED_NANOS) {
      halvings = 0;
    }
    if (!exhausted() || !somebodyWaits() || now - seenAt <= STALLED_NANOS >> halvings) {
      return null;
    }
    Sweep.Held most = Sweep.Held.NOTHING;
    long all = 0;
    for (Sweep.Held each : held.values()) {
      all += each.all();
      if (each.most() > most.most() && each.largest() != null && !each.largest().gone()) {
        most = each;
      }
    }
    if (used.get() - all > limit) {
      // What fills the node waits for sessions that are at work: no close makes room before them.
      return null;
    }
    seenAt = now;
    shedAt = now;
    halvings = Math.min(halvings + 1, MOST_HALVINGS);
    return most.largest();
  }

  private void wakeAll() {
    @Nullable InboundGate gate;
    while ((gate = paused.poll()) != null) {
      gate.wakeFromNode();
    }
  }
}
