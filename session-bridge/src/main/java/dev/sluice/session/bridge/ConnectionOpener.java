// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.Session;

/** Hears of a connection that it has asked for. In the session's order. */
public interface ConnectionOpener {

  /**
   * There is a session now, which has not been called yet.
   *
   * @param session just made
   */
  void sessionMade(Session session);

  /**
   * The session, if there was one, has heard of the end.
   *
   * @param ending why
   */
  void ended(Ending ending);
}
