// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.lineecho;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.testkit.ConversationScript;
import dev.sluice.testkit.SessionContract;

/** Line echo keeps the contract. */
class LineEchoContractTest extends SessionContract {

  private static final String LONG_LINE = "0123456789".repeat(30) + "\r\n";

  @Override
  protected CustomProtocolSubsystem protocol() {
    return new LineEcho();
  }

  @Override
  protected ConversationScript script() {
    return ConversationScript.builder()
        .send("hello\n")
        .expect("hello\n")
        .send("a\r\n\nb\n")
        .expect("a\r\n\nb\n")
        .send(LONG_LINE + LONG_LINE)
        .expect(LONG_LINE + LONG_LINE)
        .build();
  }
}
