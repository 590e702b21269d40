// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nodetest;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;

/** Answers lines in capitals, and of several that come at once only the first. */
public final class ShoutOnce implements CustomProtocolSubsystem {

  @Override
  public String name() {
    return "SHOUT";
  }

  @Override
  public Session create(ConnId id, SessionWriter writer) {
    return new ShoutSession(id, writer, false);
  }
}
