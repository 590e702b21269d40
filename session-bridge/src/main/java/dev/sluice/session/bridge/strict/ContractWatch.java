// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge.strict;

import dev.sluice.api.SessionContext;

/** Hears what sessions do against their contract. Any thread, within the call that does it. */
public interface ContractWatch {

  /**
   * A rule was broken. What is thrown here is not noticed.
   *
   * @param violation what, and whose
   * @param connection of the session
   */
  void broken(Violation violation, SessionContext connection);

  /**
   * Whether the connection is broken off then.
   *
   * @return {@code false} by default
   */
  default boolean closes() {
    return false;
  }

  /**
   * What a session did.
   *
   * @param protocol whose session it is
   * @param rule that was broken
   * @param what in words
   * @param where its stack is the session's
   */
  record Violation(String protocol, ContractRule rule, String what, Throwable where) {}
}
