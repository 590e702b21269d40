// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.CloseReason;
import java.util.concurrent.TimeUnit;

/** The end of a run: everything comes to rest, the node stops, and nothing may be left. */
final class SimEnd {

  private static final int MOST_ROUNDS = 2000;
  private static final int MOST_TICKS = 120;
  private static final long STEP = TimeUnit.SECONDS.toNanos(1);

  private final Simulation sim;

  SimEnd(Simulation sim) {
    this.sim = sim;
  }

  void run() {
    sim.stop();
    settle();
    if (ok()) {
      checkAtRest();
    }
    boolean abort = sim.choices().oneIn(2);
    if (ok() && sim.choices().oneIn(3)) {
      sim.endpoints().forEach(sim.orders()::drain);
      settle();
    }
    if (ok() && !abort) {
      runOutOfTime();
    }
    if (ok()) {
      stopNode();
    }
    if (ok()) {
      checkNothingIsLeft();
    }
  }

  private boolean ok() {
    return sim.failure() == null;
  }

  /** All that waits for no time and no peer. */
  private void settle() {
    boolean did = true;
    for (int round = 0; did && ok(); round++) {
      did = false;
      for (SimLoop loop : sim.loops()) {
        did |= loop.runOne();
      }
      did |= sim.pool().runOne();
      for (SimWire wire : sim.wires()) {
        did |= wire.settle();
      }
      for (SimSocket socket : sim.sockets()) {
        did |= socket.settle();
      }
      if (round > MOST_ROUNDS) {
        sim.fail("it does not come to rest");
      }
    }
    sim.wires().removeIf(SimWire::isOver);
  }

  private void checkAtRest() {
    for (SimEndpoint endpoint : sim.endpoints()) {
      endpoint.connections.forEach(SimConnection::checkAtRest);
      if (endpoint.live() != endpoint.endpoint.admission().open()) {
        sim.fail(
            endpoint.options.name()
                + ": "
                + endpoint.live()
                + " are there on "
                + endpoint.endpoint.admission().open()
                + " places");
      }
    }
  }

  /** Peers are silent and nobody stops the node: every deadline has to do its work. */
  private void runOutOfTime() {
    for (int left = MOST_TICKS; left > 0 && ok() && sim.connections().count() > 0; left--) {
      sim.passTime(STEP);
      settle();
    }
    if (ok() && sim.connections().count() > 0 && !sim.wiresThrow()) {
      sim.fail(
          "no deadline ends " + sim.connections().page(ConnectionFilter.ALL, Long.MIN_VALUE, 5));
    }
  }

  private void stopNode() {
    if (sim.choices().oneIn(4)) {
      sim.pool().end();
    }
    sim.endpoints().forEach(each -> each.endpoint.abortAll(CloseReason.DRAIN_DEADLINE));
    sim.sockets().forEach(SimSocket::close);
    settle();
    for (int left = 6; left > 0 && ok(); left--) {
      sim.passTime(STEP);
      settle();
    }
  }

  private void checkNothingIsLeft() {
    Connections.Remains remains = sim.connections().remains();
    if (!remains.equals(Connections.Remains.NOTHING)) {
      sim.fail("left are " + remains);
    }
    sim.endpoints().forEach(SimEndpoint::checkEnded);
    for (SimLoop loop : sim.loops()) {
      if (loop.waits() || !loop.idle()) {
        sim.fail("a task is left on " + loop.thread);
      }
    }
    sim.leaked().forEach(Buffers::release);
    int live = sim.allocator().live();
    if (live > 0) {
      sim.fail(live + " buffers were not released");
    }
  }
}
