// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.ConnId;
import dev.sluice.api.TlsInfo;
import dev.sluice.api.Transport;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * Chooses which sessions are heard: asked once for each, just before it is made. What it throws is
 * taken for a no.
 */
@FunctionalInterface
public interface SessionTaps {

  /**
   * A session that is about to be made.
   *
   * @param id of its connection
   * @param interfaceName where it was accepted, or {@code outbound}
   * @param protocol that makes it, with its settings
   * @param capped over the soft cap
   * @param transport what carries the bytes
   * @param local this end; null where it is not known
   * @param remote the peer; null where it is not known
   * @param tls what was agreed on; null for plaintext
   */
  record Opening(
      ConnId id,
      String interfaceName,
      Protocol protocol,
      boolean capped,
      Transport transport,
      @Nullable SocketAddress local,
      @Nullable SocketAddress remote,
      @Nullable TlsInfo tls) {

    /**
     * Whether somebody wants to see it.
     *
     * @param filter by interface and remote address
     * @return as for the lists of connections
     */
    public boolean matches(ConnectionFilter filter) {
      return filter.matches(interfaceName, remote);
    }
  }

  /**
   * Who is to hear the session. In the session's order; never blocks.
   *
   * @param opening what is known of it
   * @param at when, by the loops' ticker
   * @return null: nobody
   */
  @Nullable SessionTap tap(Opening opening, long at);
}
