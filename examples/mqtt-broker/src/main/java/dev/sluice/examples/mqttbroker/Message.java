// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.mqttbroker;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.mqtt.MqttConnectMessage;
import io.netty.handler.codec.mqtt.MqttProperties;
import io.netty.handler.codec.mqtt.MqttProperties.BinaryProperty;
import io.netty.handler.codec.mqtt.MqttProperties.IntegerProperty;
import io.netty.handler.codec.mqtt.MqttProperties.MqttProperty;
import io.netty.handler.codec.mqtt.MqttProperties.StringProperty;
import io.netty.handler.codec.mqtt.MqttProperties.UserProperties;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A message on its way from one client to others. Never changes; its bytes are on the heap, so that
 * nobody has to release it.
 */
final class Message {

  private static final int OVERHEAD = 64;

  private final String topic;
  private final byte[] payload;
  private final MqttQoS qos;
  private final boolean retain;
  private final List<MqttProperty<?>> properties;
  private final long lifetime;
  private final long since;
  private final long size;

  private Message(
      String topic, byte[] payload, MqttQoS qos, boolean retain, MqttProperties properties) {
    this.topic = topic;
    this.payload = payload;
    this.qos = qos;
    this.retain = retain;
    this.properties = passedOn(properties);
    this.lifetime = lifetime(properties);
    this.since = System.nanoTime();
    this.size = OVERHEAD + topic.length() + payload.length + length(this.properties);
  }

  static Message of(MqttPublishMessage packet) {
    return new Message(
        packet.variableHeader().topicName(),
        ByteBufUtil.getBytes(packet.payload()),
        packet.fixedHeader().qosLevel(),
        packet.fixedHeader().isRetain(),
        packet.variableHeader().properties());
  }

  /** What a client wants to be said once it is gone. */
  static @Nullable Message will(MqttConnectMessage packet) {
    if (!packet.variableHeader().isWillFlag()) {
      return null;
    }
    byte[] payload = packet.payload().willMessageInBytes();
    return new Message(
        packet.payload().willTopic(),
        payload == null ? new byte[0] : payload,
        MqttQoS.valueOf(packet.variableHeader().willQos()),
        packet.variableHeader().isWillRetain(),
        packet.payload().willProperties());
  }

  String topic() {
    return topic;
  }

  MqttQoS qos() {
    return qos;
  }

  boolean retain() {
    return retain;
  }

  /** A retained message without a payload takes back the one that was retained. */
  boolean isEmpty() {
    return payload.length == 0;
  }

  /** What counts against bounds; no less than the packet. */
  long size() {
    return size;
  }

  boolean expired() {
    return lifetime >= 0 && age() >= lifetime;
  }

  private long age() {
    return TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - since);
  }

  ByteBuf content() {
    return Unpooled.wrappedBuffer(payload);
  }

  /** As a receiver of MQTT 5 gets them. */
  MqttProperties properties() {
    if (properties.isEmpty() && lifetime < 0) {
      return MqttProperties.NO_PROPERTIES;
    }
    MqttProperties passed = new MqttProperties();
    properties.forEach(passed::add);
    if (lifetime >= 0) {
      passed.add(
          new IntegerProperty(
              MqttProperties.PUBLICATION_EXPIRY_INTERVAL, (int) Math.max(0, lifetime - age())));
    }
    return passed;
  }

  private static List<MqttProperty<?>> passedOn(MqttProperties all) {
    if (all.isEmpty()) {
      return List.of();
    }
    List<MqttProperty<?>> passed = new ArrayList<>();
    for (MqttProperty<?> property : all.listAll()) {
      switch (property.propertyId()) {
        case MqttProperties.PAYLOAD_FORMAT_INDICATOR,
            MqttProperties.CONTENT_TYPE,
            MqttProperties.RESPONSE_TOPIC,
            MqttProperties.CORRELATION_DATA,
            MqttProperties.USER_PROPERTY ->
            passed.add(property);
        default -> {
          // Between the sender and this server.
        }
      }
    }
    return passed;
  }

  /** In seconds; -1: for ever. */
  private static long lifetime(MqttProperties all) {
    MqttProperty<?> expiry = all.getProperty(MqttProperties.PUBLICATION_EXPIRY_INTERVAL);
    return expiry instanceof IntegerProperty seconds ? Integer.toUnsignedLong(seconds.value()) : -1;
  }

  private static long length(List<MqttProperty<?>> properties) {
    long length = 0;
    for (MqttProperty<?> property : properties) {
      if (property instanceof StringProperty text) {
        length += 4L + text.value().getBytes(UTF_8).length;
      } else if (property instanceof BinaryProperty bytes) {
        length += 4L + bytes.value().length;
      } else if (property instanceof UserProperties pairs) {
        for (MqttProperties.StringPair pair : pairs.value()) {
          length += 8L + pair.key.getBytes(UTF_8).length + pair.value.getBytes(UTF_8).length;
        }
      } else {
        length += 8;
      }
    }
    return length;
  }
}
