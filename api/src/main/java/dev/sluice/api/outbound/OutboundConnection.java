// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.outbound;

import dev.sluice.api.ConnId;
import dev.sluice.api.Session;
import dev.sluice.api.SessionContext;

/**
 * A connection that stands, and the client's session that was made for it. May be kept: the session
 * hears of the connection's end by {@link Session#connectionClosed}.
 *
 * <p>The session is the platform's to call. Others reach it by what its own class offers for that,
 * or within {@link SessionContext#execute} of its context.
 *
 * @param <S> the session's type
 * @param session what the factory made
 * @param context the connection's context
 */
public record OutboundConnection<S extends Session>(S session, SessionContext context) {

  /**
   * Names the connection, as for the node's {@code replyAsync}.
   *
   * @return its value is negative
   */
  public ConnId id() {
    return context.id();
  }
}
