// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nodetest;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;

/** Answers all lines in capitals. */
public final class ShoutAll implements CustomProtocolSubsystem {

  @Override
  public String name() {
    return "SHOUT";
  }

  @Override
  public Session create(ConnId id, SessionWriter writer) {
    return new ShoutSession(id, writer, true);
  }
}
