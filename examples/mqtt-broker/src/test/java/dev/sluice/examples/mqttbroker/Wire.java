// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.mqttbroker;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;

/** Packets as they go over the wire, written down apart from the codec under test. */
final class Wire {

  static final byte[] PINGREQ = bytes(0xc0, 0);
  static final byte[] PINGRESP = bytes(0xd0, 0);
  static final byte[] DISCONNECT = bytes(0xe0, 0);

  /** Of version 3.1.1. */
  static final byte[] ACCEPTED = bytes(0x20, 2, 0, 0);

  private Wire() {}

  static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  static byte[] text(String text) {
    byte[] encoded = text.getBytes(UTF_8);
    return join(bytes(encoded.length >> 8, encoded.length), encoded);
  }

  static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  static byte[] packet(int first, byte[]... parts) {
    byte[] rest = join(parts);
    int length = rest.length;
    byte[] head =
        length < 128 ? bytes(first, length) : bytes(first, (length & 127) | 128, length >> 7);
    return join(head, rest);
  }

  /** Of version 3.1.1, for a clean session. */
  static byte[] connect(String id) {
    return connect(4, id, 2, 0, new byte[0]);
  }

  static byte[] connect5(String id, int... properties) {
    return connect(5, id, 2, 0, new byte[0], properties);
  }

  static byte[] connect(
      int version, String id, int flags, int keepAlive, byte[] will, int... properties) {
    return packet(
        0x10,
        text("MQTT"),
        bytes(version, flags, keepAlive >> 8, keepAlive),
        version == 5 ? join(bytes(properties.length), bytes(properties)) : new byte[0],
        text(id),
        will);
  }

  static byte[] connectWithWill(String id, String topic, String will) {
    return connect(4, id, 2 | 4, 0, join(text(topic), text(will)));
  }

  static byte[] subscribe(int packetId, String filter, int qos) {
    return packet(0x82, bytes(packetId >> 8, packetId), text(filter), bytes(qos));
  }

  static byte[] subscribe5(int packetId, String filter, int options) {
    return packet(0x82, bytes(packetId >> 8, packetId, 0), text(filter), bytes(options));
  }

  static byte[] unsubscribe(int packetId, String filter) {
    return packet(0xa2, bytes(packetId >> 8, packetId), text(filter));
  }

  static byte[] subAck(int packetId, int code) {
    return bytes(0x90, 3, packetId >> 8, packetId, code);
  }

  static byte[] publish(String topic, String payload) {
    return packet(0x30, text(topic), payload.getBytes(UTF_8));
  }

  static byte[] retained(String topic, String payload) {
    return packet(0x31, text(topic), payload.getBytes(UTF_8));
  }

  static byte[] publish(int qos, int packetId, String topic, String payload) {
    return packet(
        0x30 | qos << 1, text(topic), bytes(packetId >> 8, packetId), payload.getBytes(UTF_8));
  }

  static byte[] publish5(String topic, String payload, int... properties) {
    return packet(
        0x30, text(topic), bytes(properties.length), bytes(properties), payload.getBytes(UTF_8));
  }

  static byte[] pubAck(int packetId) {
    return bytes(0x40, 2, packetId >> 8, packetId);
  }
}
