// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.CustomProtocolSubsystem;

/** The contract of a protocol that speaks first, takes its time and closes by itself. */
class GreeterContractTest extends SessionContract {

  @Override
  protected CustomProtocolSubsystem protocol() {
    return new Greeter();
  }

  @Override
  protected ConversationScript script() {
    return ConversationScript.builder()
        .expect("hi\n")
        .send("PING\n")
        .send("PING\n")
        .expect("PONG\n")
        .expectMatching("P.NG\n")
        .send("LATER\n")
        .elapse(java.time.Duration.ofSeconds(5))
        .expect("NOW\n")
        .send("QUIT\n")
        .expect("BYE\n")
        .serverCloses()
        .stepwise()
        .expectWhenCapped("full\n")
        .build();
  }
}
