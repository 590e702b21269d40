// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.outbound;

/** How many contexts of TLS the connections of a node share. */
public final class SharedContexts {

  private SharedContexts() {}

  public static int of(OutboundConnections connections) {
    return connections.contexts().size();
  }
}
