// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.outbound;

import dev.sluice.api.outbound.OutboundException;
import dev.sluice.session.bridge.Protocol;

/** Finds protocols to connect by. Any thread; does not block. */
@FunctionalInterface
public interface ProtocolFinder {

  /**
   * Looks a protocol up.
   *
   * @param name as whoever wants to connect gave it
   * @return as it is spoken, which {@link ClientSide} makes of its client's side
   * @throws OutboundException of kind {@code NOT_SUPPORTED}, which says what there is, if there is
   *     no such protocol or it has no client's side
   */
  Protocol find(String name);
}
