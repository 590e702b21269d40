// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Predicate;

/**
 * Picks some of the connections by their ids: it looks at every connection once and keeps no more
 * than were asked for.
 */
final class ConnectionPage {

  private static final Comparator<Connection> BY_ID =
      Comparator.comparingLong(connection -> connection.id().value());

  /** Inbound and outbound ids are numbers out of one row, with another sign. */
  private static final Comparator<Connection> NEWEST_FIRST =
      Comparator.<Connection>comparingLong(connection -> Math.abs(connection.id().value()))
          .reversed();

  private ConnectionPage() {}

  /** Those with the lowest ids above one, the lowest first. */
  static List<ConnectionView> of(
      Collection<Connection> connections, ConnectionFilter filter, long after, int limit) {
    return first(
        connections,
        connection -> connection.id().value() > after && filter.matches(connection),
        BY_ID,
        limit);
  }

  /** Those that were made last, the newest first. */
  static List<ConnectionView> newest(
      Collection<Connection> connections, ConnectionFilter filter, int limit) {
    return first(connections, filter::matches, NEWEST_FIRST, limit);
  }

  private static List<ConnectionView> first(
      Collection<Connection> connections,
      Predicate<Connection> wanted,
      Comparator<Connection> order,
      int limit) {
    // The last of the order on top, which makes room for one before it.
    PriorityQueue<Connection> kept = new PriorityQueue<>(Math.min(limit, 64), order.reversed());
    for (Connection connection : connections) {
      Connection last = kept.size() < limit ? null : kept.peek();
      if ((last == null || order.compare(connection, last) < 0) && wanted.test(connection)) {
        if (last != null) {
          kept.remove();
        }
        kept.add(connection);
      }
    }
    List<Connection> ordered = new ArrayList<>(kept);
    ordered.sort(order);
    List<ConnectionView> page = new ArrayList<>(ordered.size());
    for (Connection connection : ordered) {
      page.add(ConnectionReport.view(connection));
    }
    return page;
  }
}
