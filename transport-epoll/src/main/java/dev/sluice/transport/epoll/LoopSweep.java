// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.CloseReason;
import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Looks over all connections of one event loop a few times a second, in place of a timer each. On
 * the loop.
 */
final class LoopSweep implements Runnable {

  /** Half of what a timeout may be late. */
  static final long PERIOD_MILLIS = 250;

  private final InboundBudget inbound;
  private final Set<StreamConnection> connections = new LinkedHashSet<>();
  private final List<StreamConnection> visiting = new ArrayList<>();

  LoopSweep(EventLoop loop, InboundBudget inbound) {
    this.inbound = inbound;
    loop.scheduleAtFixedRate(this, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
  }

  void add(StreamConnection connection) {
    connections.add(connection);
  }

  void remove(StreamConnection connection) {
    connections.remove(connection);
  }

  @Override
  public void run() {
    long now = System.nanoTime();
    @Nullable StreamConnection largest = null;
    // A visit may close a connection, which removes it from the set.
    visiting.addAll(connections);
    for (StreamConnection connection : visiting) {
      connection.sweep(now);
      int held = connection.gate().held();
      if (held > (largest == null ? 0 : largest.gate().held())) {
        largest = connection;
      }
    }
    visiting.clear();
    if (largest != null && inbound.claimShedding(now)) {
      largest.writer().abort(largest.id(), CloseReason.INBOUND_BUDGET);
    }
  }
}
