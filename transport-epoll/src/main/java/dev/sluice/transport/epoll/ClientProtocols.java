// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.outbound.OutboundException;

/** Finds the client's side of a protocol. Any thread; does not block. */
@FunctionalInterface
public interface ClientProtocols {

  /**
   * Looks a protocol up.
   *
   * @param name as whoever wants to connect gave it
   * @return its client's side
   * @throws OutboundException of kind {@code NOT_SUPPORTED}, which says what there is, if there is
   *     no such protocol or it has no client's side
   */
  ClientProtocol<?> find(String name);
}
