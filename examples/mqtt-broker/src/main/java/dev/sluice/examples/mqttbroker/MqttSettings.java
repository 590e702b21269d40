// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.mqttbroker;

import dev.sluice.api.ByteSize;
import dev.sluice.api.Setting;
import java.time.Duration;

/**
 * What an interface's {@code protocol_config} may say.
 *
 * @param broker which broker is served
 * @param maxPacketSize of what a client sends
 * @param maxClientIdLength of a client's name
 * @param maxSubscriptions of a client
 * @param maxRetained messages kept for later subscribers
 * @param maxRetainedSize of them all
 * @param maxInFlight messages unacknowledged, each way
 * @param maxBacklog of messages that wait for a client
 * @param slowSubscribers what becomes of who reads too slowly
 * @param maxKeepAlive of silence
 */
public record MqttSettings(
    @Setting(
            description = "The broker that is served. Interfaces that name the same one share it.",
            defaultValue = "default")
        String broker,
    @Setting(
            description = "The largest packet that a client may send; a larger one ends it.",
            defaultValue = "1MB",
            min = "128B",
            max = "256MB")
        ByteSize maxPacketSize,
    @Setting(
            description = "The longest client identifier, in characters.",
            defaultValue = "128",
            min = "1",
            max = "65535")
        int maxClientIdLength,
    @Setting(
            description = "How many filters a client may have subscribed to.",
            defaultValue = "100",
            min = "1",
            max = "100000")
        int maxSubscriptions,
    @Setting(
            description =
                "How many retained messages the broker keeps. One beyond that is sent to those who"
                    + " are there, and not kept.",
            defaultValue = "10000",
            min = "0",
            max = "10000000")
        int maxRetained,
    @Setting(
            description = "How large the retained messages may be together.",
            defaultValue = "64MB",
            min = "0B")
        ByteSize maxRetainedSize,
    @Setting(
            description =
                "How many messages may be unacknowledged: of those that a client is sent with QoS"
                    + " 1, and of those that it sends with QoS 2.",
            defaultValue = "64",
            min = "1",
            max = "65535")
        int maxInFlight,
    @Setting(
            description = "How many bytes of messages may wait for a client.",
            defaultValue = "1MB",
            min = "1B",
            max = "1GB")
        ByteSize maxBacklog,
    @Setting(
            description =
                "What happens to a client for whom more would have to wait: 'close' ends its"
                    + " connection, 'skip' leaves messages out.",
            defaultValue = "close")
        SlowSubscribers slowSubscribers,
    @Setting(
            description =
                "The longest keep-alive. A client that asks for more, or for none, is held to this"
                    + " one, and told so in MQTT 5.",
            defaultValue = "1h",
            min = "1s",
            max = "18h")
        Duration maxKeepAlive) {

  /** What becomes of a client that reads too slowly. */
  public enum SlowSubscribers {
    /** Its connection ends. */
    CLOSE,
    /** It misses messages. */
    SKIP
  }
}
