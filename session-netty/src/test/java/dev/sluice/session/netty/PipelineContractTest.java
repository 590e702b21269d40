// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.netty;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.testkit.ConversationScript;
import dev.sluice.testkit.SessionContract;
import java.util.Locale;

/** A hosted pipeline keeps the contract of a session. */
class PipelineContractTest extends SessionContract {

  @Override
  protected CustomProtocolSubsystem protocol() {
    return new ShoutProtocol();
  }

  @Override
  protected ConversationScript script() {
    String line = "0123456789 abcdef".repeat(50);
    return ConversationScript.builder()
        .send("hello\n")
        .expect("HELLO!\n")
        .send("a\r\n\nb\n")
        .expect("A!\n!\nB!\n")
        .send(line + "\n" + line + "\n")
        .expect(line.toUpperCase(Locale.ROOT) + "!\n" + line.toUpperCase(Locale.ROOT) + "!\n")
        .build();
  }
}
