// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Picks the connections with the lowest ids above one: it looks at every connection once and keeps
 * no more than were asked for.
 */
final class ConnectionPage {

  private static final Comparator<StreamConnection> BY_ID =
      Comparator.comparingLong(connection -> connection.id().value());

  private ConnectionPage() {}

  static List<ConnectionView> of(
      Collection<StreamConnection> connections, ConnectionFilter filter, long after, int limit) {
    // The highest id on top, which makes room for a lower one.
    PriorityQueue<StreamConnection> lowest =
        new PriorityQueue<>(Math.min(limit, 64), BY_ID.reversed());
    for (StreamConnection connection : connections) {
      long id = connection.id().value();
      if (id <= after) {
        continue;
      }
      StreamConnection highest = lowest.size() < limit ? null : lowest.peek();
      if ((highest == null || id < highest.id().value()) && filter.matches(connection)) {
        if (highest != null) {
          lowest.remove();
        }
        lowest.add(connection);
      }
    }
    List<StreamConnection> ordered = new ArrayList<>(lowest);
    ordered.sort(BY_ID);
    List<ConnectionView> page = new ArrayList<>(ordered.size());
    for (StreamConnection connection : ordered) {
      page.add(ConnectionReport.view(connection));
    }
    return page;
  }
}
