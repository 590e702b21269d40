// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.mqttbroker;

import static dev.sluice.examples.mqttbroker.Wire.ACCEPTED;
import static dev.sluice.examples.mqttbroker.Wire.PINGREQ;
import static dev.sluice.examples.mqttbroker.Wire.PINGRESP;
import static dev.sluice.examples.mqttbroker.Wire.bytes;
import static dev.sluice.examples.mqttbroker.Wire.connect;
import static dev.sluice.examples.mqttbroker.Wire.connectWithWill;
import static dev.sluice.examples.mqttbroker.Wire.pubAck;
import static dev.sluice.examples.mqttbroker.Wire.publish;
import static dev.sluice.examples.mqttbroker.Wire.subAck;
import static dev.sluice.examples.mqttbroker.Wire.subscribe;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.testkit.ConversationScript;
import dev.sluice.testkit.PartyScript;
import dev.sluice.testkit.SessionContract;
import java.util.Optional;

/** The broker keeps the contract, and each client hears what the others have it hear. */
class MqttContractTest extends SessionContract {

  private static final String LONG = "0123456789".repeat(50);

  @Override
  protected CustomProtocolSubsystem protocol() {
    return new MqttBroker();
  }

  @Override
  protected ConversationScript script() {
    return ConversationScript.builder()
        .send(connect("me"))
        .expect(ACCEPTED)
        .send(PINGREQ)
        .expect(PINGRESP)
        .send(subscribe(1, "a/+", 2))
        .expect(subAck(1, 1))
        .send(publish(1, 7, "b", LONG))
        .expect(pubAck(7))
        .send(publish(2, 8, "b/c", "x"))
        .expect(bytes(0x50, 2, 0, 8))
        .send(bytes(0x62, 2, 0, 8))
        .expect(bytes(0x70, 2, 0, 8))
        .send(publish("a/b", LONG))
        .expect(publish("a/b", LONG))
        .build();
  }

  @Override
  protected Optional<PartyScript> parties() {
    return Optional.of(
        PartyScript.builder()
            .party("a")
            .send(connect("a"))
            .expect(ACCEPTED)
            .send(subscribe(1, "news/#", 1))
            .expect(subAck(1, 1))
            .party("b")
            .send(connect("b"))
            .expect(ACCEPTED)
            .send(subscribe(1, "news/+", 0))
            .expect(subAck(1, 0))
            .party("c")
            .send(connectWithWill("c", "news/c", "gone"))
            .expect(ACCEPTED)
            .send(publish(1, 5, "news/today", "rain"))
            .expect(pubAck(5))
            .party("a")
            .expect(publish(1, 1, "news/today", "rain"))
            .party("b")
            .expect(publish("news/today", "rain"))
            .party("a")
            .send(pubAck(1))
            .party("c")
            .reset()
            .party("a")
            .expect(publish("news/c", "gone"))
            .party("b")
            .expect(publish("news/c", "gone"))
            .build());
  }
}
