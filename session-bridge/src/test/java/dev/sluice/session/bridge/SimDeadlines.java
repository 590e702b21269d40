// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.session.bridge.StreamClosing.State;

/**
 * The deadlines of a stream, told another time: from what its wire has moved, and without the
 * bridge's own bookkeeping. Asked around each tick.
 */
final class SimDeadlines {

  private boolean wasExcused;
  private final Simulation sim;
  private final SimOutput wire;
  private final EndpointOptions.Limits limits;
  private final long begunAt;
  private State before = State.HANDSHAKING;
  private State seen = State.HANDSHAKING;
  private long seenAt;
  private long movedAt;
  private long activeAt;
  private long progressAt;
  private boolean moved;
  private boolean took;

  SimDeadlines(Simulation sim, SimOutput wire, EndpointOptions.Limits limits) {
    this.sim = sim;
    this.wire = wire;
    this.limits = limits;
    this.begunAt = sim.now();
    this.movedAt = begunAt;
    this.activeAt = begunAt;
  }

  /** Bytes have come. */
  void moved() {
    moved = true;
    movedAt = sim.now();
  }

  /** The kernel has taken bytes. */
  void took() {
    took = true;
    moved();
  }

  void beforeTick() {
    long now = sim.now();
    before = wire.bridge.closing().state();
    State group = group(before);
    if (group != seen) {
      seen = group;
      seenAt = now;
      progressAt = now;
    }
    if (took) {
      progressAt = now;
    }
    if (moved || wire.called || excused()) {
      activeAt = now;
    }
    took = false;
    moved = false;
    wire.called = false;
  }

  /** Others went on within the tick: what it saw is not known. */
  void afterUnwatchedTick() {
    wasExcused = true;
  }

  void afterTick() {
    State after = wire.bridge.closing().state();
    long now = sim.now();
    long idle = limits.idleTimeout().toNanos();
    boolean over =
        switch (before) {
          case HANDSHAKING -> now - begunAt >= Math.min(idle, limits.handshakeTimeout().toNanos());
          // An answer that was owed at the last tick, and has just been given, may not have left
          // yet.
          case OPEN -> now - activeAt >= idle && !excused() && !wasExcused;
          case FLUSHING, ENDING ->
              now - progressAt >= Math.min(idle, limits.slowConsumerTimeout().toNanos());
          case PARTING, LINGERING -> now - seenAt >= limits.lingerTimeout().toNanos();
          case CLOSED -> false;
        };
    // What the tick itself brought about counts from the next one.
    if (over && !moved && !wire.called && group(after) == group(before) && !sim.wiresThrow()) {
      sim.fail(
          wire
              + " is "
              + after
              + " beyond its deadline: begun "
              + millis(begunAt)
              + ", in this state "
              + millis(seenAt)
              + ", active "
              + millis(activeAt)
              + ", progress "
              + millis(progressAt)
              + ", now "
              + millis(now));
    }
    wasExcused = excused();
    boolean idled =
        before == State.OPEN && after != before && Ending.IDLE.equals(wire.bridge.ending());
    if (idled && now - movedAt < idle) {
      sim.fail(wire + " was idle for " + (now - movedAt));
    }
  }

  private static String millis(long nanos) {
    return nanos / 1_000_000 + " ms";
  }

  private boolean excused() {
    return wire.bridge.gate().pausedByNode() || wire.bridge.calls().busy();
  }

  private static State group(State state) {
    return state == State.ENDING ? State.FLUSHING : state;
  }
}
