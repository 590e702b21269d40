// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.mqttbroker;

import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttConnectVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttVersion;
import org.jspecify.annotations.Nullable;

/** What a client wants when it connects, and what it can have. */
final class ConnectRequest {

  private static final int MOST_IN_FLIGHT = 65_535;

  private final MqttConnectVariableHeader header;
  private final MqttProperties properties;
  private final MqttSettings settings;
  private final boolean five;
  private final String name;
  private final @Nullable Message will;

  ConnectRequest(MqttConnectMessage packet, MqttSettings settings) {
    this.header = packet.variableHeader();
    this.properties = header.properties();
    this.settings = settings;
    this.five = header.version() == MqttVersion.MQTT_5.protocolLevel();
    this.name = packet.payload().clientIdentifier();
    this.will = Message.will(packet);
  }

  boolean five() {
    return five;
  }

  /** As the client has chosen it; empty: the broker is to choose. */
  String name() {
    return name;
  }

  @Nullable Message will() {
    return will;
  }

  /** How many messages it takes before it acknowledges any. */
  int receiveMaximum() {
    long most = Packets.number(properties, MqttProperties.RECEIVE_MAXIMUM, MOST_IN_FLIGHT);
    return (int) Math.min(most, settings.maxInFlight());
  }

  /** The largest packet that it takes. */
  long maxPacketSize() {
    return Packets.number(properties, MqttProperties.MAXIMUM_PACKET_SIZE, Long.MAX_VALUE);
  }

  /** In seconds, as the client is held to. */
  long keepAlive() {
    int asked = header.keepAliveTimeSeconds();
    long most = settings.maxKeepAlive().toSeconds();
    return asked == 0 ? most : Math.min(asked, most);
  }

  /** Why it can't be; null: it can. */
  @Nullable MqttConnectReturnCode refusal() {
    if (!five && header.version() != MqttVersion.MQTT_3_1_1.protocolLevel()) {
      return MqttConnectReturnCode.CONNECTION_REFUSED_UNACCEPTABLE_PROTOCOL_VERSION;
    }
    if (name.length() > settings.maxClientIdLength()
        || (name.isEmpty() && !five && !header.isCleanSession())) {
      return five
          ? MqttConnectReturnCode.CONNECTION_REFUSED_CLIENT_IDENTIFIER_NOT_VALID
          : MqttConnectReturnCode.CONNECTION_REFUSED_IDENTIFIER_REJECTED;
    }
    if (!five && !header.isCleanSession()) {
      // It would rely on messages being kept for it. MQTT 5 has words for it, see acceptance.
      return MqttConnectReturnCode.CONNECTION_REFUSED_SERVER_UNAVAILABLE;
    }
    if (properties.getProperty(MqttProperties.AUTHENTICATION_METHOD) != null) {
      return MqttConnectReturnCode.CONNECTION_REFUSED_BAD_AUTHENTICATION_METHOD;
    }
    if (will != null && !Topics.validName(will.topic())) {
      return five
          ? MqttConnectReturnCode.CONNECTION_REFUSED_TOPIC_NAME_INVALID
          : MqttConnectReturnCode.CONNECTION_REFUSED_NOT_AUTHORIZED;
    }
    return null;
  }

  /** Tells a client of MQTT 5 what it has got otherwise than it asked for. */
  MqttConnAckMessage acceptance(String given) {
    return MqttMessageBuilders.connAck()
        .returnCode(MqttConnectReturnCode.CONNECTION_ACCEPTED)
        .properties(
            answer -> {
              if (five) {
                describe(answer, given);
              }
            })
        .build();
  }

  private void describe(MqttMessageBuilders.ConnAckPropertiesBuilder answer, String given) {
    if (name.isEmpty()) {
      answer.assignedClientId(given);
    }
    if (keepAlive() != header.keepAliveTimeSeconds()) {
      answer.serverKeepAlive((int) keepAlive());
    }
    if (Packets.number(properties, MqttProperties.SESSION_EXPIRY_INTERVAL, 0) > 0) {
      answer.sessionExpiryInterval(0);
    }
    answer.receiveMaximum(settings.maxInFlight());
    answer.maximumPacketSize(settings.maxPacketSize().toIntSaturated());
    // Said in any case: the builder takes what is not said for a no.
    answer.retainAvailable(true);
    answer.wildcardSubscriptionAvailable(true);
    answer.subscriptionIdentifiersAvailable(false);
    answer.sharedSubscriptionAvailable(false);
  }
}
