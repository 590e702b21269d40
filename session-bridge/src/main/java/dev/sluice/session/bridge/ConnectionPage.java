// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Predicate;

/**
 * Picks some of the connections in the order of their ids. Looks at each connection once, and keeps
 * only as many as were asked for.
 */
final class ConnectionPage {

  private static final Comparator<SessionBridge> BY_ID =
      Comparator.comparingLong(connection -> connection.id().value());

  /** Accepted and opened connections count on in one row; the latter's ids are negative. */
  private static final Comparator<SessionBridge> NEWEST_FIRST =
      Comparator.<SessionBridge>comparingLong(connection -> Math.abs(connection.id().value()))
          .reversed();

  private ConnectionPage() {}

  /** Those with the lowest ids above one, the lowest first. */
  static List<ConnectionView> of(
      Collection<SessionBridge> connections, ConnectionFilter filter, long after, int limit) {
    return first(
        connections,
        connection -> connection.id().value() > after && filter.matches(connection),
        BY_ID,
        limit);
  }

  /** Those that were made last, the newest first. */
  static List<ConnectionView> newest(
      Collection<SessionBridge> connections, ConnectionFilter filter, int limit) {
    return first(connections, filter::matches, NEWEST_FIRST, limit);
  }

  private static List<ConnectionView> first(
      Collection<SessionBridge> connections,
      Predicate<SessionBridge> wanted,
      Comparator<SessionBridge> order,
      int limit) {
    // On top is the last one in the order. It goes when one is found that comes before it.
    PriorityQueue<SessionBridge> kept = new PriorityQueue<>(Math.min(limit, 64), order.reversed());
    for (SessionBridge connection : connections) {
      SessionBridge last = kept.size() < limit ? null : kept.peek();
      if ((last == null || order.compare(connection, last) < 0) && wanted.test(connection)) {
        if (last != null) {
          kept.remove();
        }
        kept.add(connection);
      }
    }
    List<SessionBridge> ordered = new ArrayList<>(kept);
    ordered.sort(order);
    List<ConnectionView> page = new ArrayList<>(ordered.size());
    for (SessionBridge connection : ordered) {
      page.add(ConnectionReport.view(connection));
    }
    return page;
  }
}
