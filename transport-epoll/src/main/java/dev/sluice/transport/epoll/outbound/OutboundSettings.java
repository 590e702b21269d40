// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.outbound;

import dev.sluice.session.bridge.EndpointOptions;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;

/**
 * Limits of the connections that a node opens.
 *
 * @param maxConnections how many at once, attempts included
 * @param connectTimeout from the attempt until an address has taken the connection, unless the
 *     attempt says otherwise
 * @param limits of each connection; its idle and handshake timeouts unless the attempt says
 *     otherwise
 * @param nameServers whom to ask for addresses; empty: as the system does
 * @param userTimeout how long what was sent may stay unacknowledged, or untaken by a peer whose
 *     window is shut, before the kernel ends the connection; in whole milliseconds, 0 leaves it to
 *     the kernel's own counts
 */
public record OutboundSettings(
    int maxConnections,
    Duration connectTimeout,
    EndpointOptions.Limits limits,
    List<InetSocketAddress> nameServers,
    Duration userTimeout) {

  /** Copies the list. */
  public OutboundSettings {
    nameServers = List.copyOf(nameServers);
  }

  /**
   * The defaults, as the configuration reference gives them.
   *
   * @return limits for up to a thousand connections
   */
  public static OutboundSettings defaults() {
    return new OutboundSettings(
        1000,
        Duration.ofSeconds(10),
        EndpointOptions.Limits.defaults(),
        List.of(),
        Duration.ofSeconds(30));
  }
}
