// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.CloseReason;
import java.time.Duration;

/** What comes from outside of the sessions' own order: orders of the node, and other threads. */
final class SimOrders {

  private final Simulation sim;
  private final SimThread outside;

  SimOrders(Simulation sim, SimThread outside) {
    this.sim = sim;
    this.outside = outside;
  }

  void callFromOutside(boolean onLoop) {
    SimConnection connection = sim.anyConnection();
    if (connection == null || connection.session == null) {
      return;
    }
    if (!onLoop) {
      sim.as(outside, connection::actFromOutside);
    } else if (!connection.loop.thread.busy) {
      sim.as(connection.loop.thread, connection::actFromOutside);
    }
  }

  void order() {
    Choices choices = sim.choices();
    SimConnection connection = sim.anyConnection();
    SimEndpoint endpoint = sim.endpoints().get(choices.below(sim.endpoints().size()));
    int which = choices.below(120);
    if (which < 80) {
      sim.rotate();
      if (connection != null) {
        boolean terminate = choices.oneIn(3);
        sim.connections().reply(connection.id(), terminate, connection.content(0, 20));
      }
    } else if (which < 92) {
      if (connection != null) {
        sim.connections().close(connection.id(), CloseReason.CLOSED_BY_OPERATOR);
      }
    } else if (which < 116) {
      sim.connections().page(ConnectionFilter.ALL, Long.MIN_VALUE, 10);
    } else if (which < 119) {
      drain(endpoint);
    } else {
      endpoint.endpoint.abortAll(CloseReason.DRAIN_DEADLINE);
    }
  }

  void drain(SimEndpoint endpoint) {
    Choices choices = sim.choices();
    endpoint.endpoint.drain(
        Duration.ofSeconds(choices.between(1, 6)), Duration.ofSeconds(choices.below(3)));
  }
}
