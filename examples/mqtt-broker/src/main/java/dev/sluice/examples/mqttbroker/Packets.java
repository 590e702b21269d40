// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.mqttbroker;

import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageIdAndPropertiesVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttProperty;
import io.netty.handler.codec.mqtt.MqttPubReplyMessageVariableHeader;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttPublishVariableHeader;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttReasonCodes;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.handler.codec.mqtt.MqttSubAckPayload;
import java.util.List;

/** What the broker sends. */
final class Packets {

  private Packets() {}

  static MqttConnAckMessage refusal(MqttConnectReturnCode code) {
    return MqttMessageBuilders.connAck()
        .returnCode(code)
        .properties(MqttProperties.NO_PROPERTIES)
        .build();
  }

  static MqttMessage disconnect(MqttReasonCodes.Disconnect reason) {
    return MqttMessageBuilders.disconnect()
        .reasonCode(reason.byteValue())
        .properties(MqttProperties.NO_PROPERTIES)
        .build();
  }

  /** PUBACK, PUBREC or PUBCOMP. */
  static MqttMessage reply(MqttMessageType type, int packetId) {
    return new MqttMessage(
        new MqttFixedHeader(type, false, MqttQoS.AT_MOST_ONCE, false, 0),
        new MqttPubReplyMessageVariableHeader(
            packetId,
            MqttPubReplyMessageVariableHeader.REASON_CODE_OK,
            MqttProperties.NO_PROPERTIES));
  }

  static MqttMessage subAck(int packetId, List<Integer> codes) {
    return new MqttSubAckMessage(
        new MqttFixedHeader(MqttMessageType.SUBACK, false, MqttQoS.AT_MOST_ONCE, false, 0),
        new MqttMessageIdAndPropertiesVariableHeader(packetId, MqttProperties.NO_PROPERTIES),
        new MqttSubAckPayload(codes));
  }

  static MqttMessage publish(Delivery delivery, int packetId, boolean five) {
    Message message = delivery.message();
    MqttQoS qos = delivery.atLeastOnce() ? MqttQoS.AT_LEAST_ONCE : MqttQoS.AT_MOST_ONCE;
    return new MqttPublishMessage(
        new MqttFixedHeader(MqttMessageType.PUBLISH, false, qos, delivery.retained(), 0),
        new MqttPublishVariableHeader(
            message.topic(), packetId, five ? message.properties() : MqttProperties.NO_PROPERTIES),
        message.content());
  }

  /** A number that a client has sent, or what stands for it. */
  static long number(MqttProperties properties, int id, long otherwise) {
    MqttProperty<?> property = properties.getProperty(id);
    return property instanceof IntegerProperty number
        ? Integer.toUnsignedLong(number.value())
        : otherwise;
  }
}
