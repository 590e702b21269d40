// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import dev.sluice.api.ByteSize;
import dev.sluice.api.Setting;

/**
 * What an interface's {@code protocol_config} may say.
 *
 * @param store which store is served
 * @param maxMemory what the store may hold
 * @param maxBulkLength of an argument
 * @param maxArguments of a command
 * @param maxCommandLength of a command as a whole
 * @param maxReply of an answer
 * @param maxSubscriptions of a client
 * @param maxBacklog of messages that wait for a subscriber
 * @param slowSubscribers what becomes of who reads too slowly
 */
public record RedisSettings(
    @Setting(
            description = "The store that is served. Interfaces that name the same one share it.",
            defaultValue = "default")
        String store,
    @Setting(
            description =
                "A write that would make the store larger is refused with an OOM error. Counts"
                    + " keys, values and what it costs to keep them.",
            defaultValue = "256MB",
            min = "1KB")
        ByteSize maxMemory,
    @Setting(
            description = "The longest argument of a command; a longer one ends the connection.",
            defaultValue = "8MB",
            min = "64B",
            max = "512MB")
        ByteSize maxBulkLength,
    @Setting(
            description = "The most arguments of a command; more end the connection.",
            defaultValue = "10000",
            min = "8",
            max = "1000000")
        int maxArguments,
    @Setting(
            description = "The longest command; a longer one ends the connection.",
            defaultValue = "16MB",
            min = "1KB",
            max = "1GB")
        ByteSize maxCommandLength,
    @Setting(
            description = "The longest answer; an error is answered in place of a longer one.",
            defaultValue = "64MB",
            min = "1KB",
            max = "1GB")
        ByteSize maxReply,
    @Setting(
            description = "To how many channels and patterns a client may subscribe.",
            defaultValue = "1000",
            min = "1",
            max = "1000000")
        int maxSubscriptions,
    @Setting(
            description = "How many bytes of messages may wait for a subscriber.",
            defaultValue = "1MB",
            min = "1B",
            max = "1GB")
        ByteSize maxBacklog,
    @Setting(
            description =
                "What happens to a subscriber for whom more would have to wait: 'close' ends its"
                    + " connection, 'skip' leaves messages out.",
            defaultValue = "close")
        SlowSubscribers slowSubscribers) {

  /** What becomes of a subscriber that reads too slowly. */
  public enum SlowSubscribers {
    /** Its connection ends. */
    CLOSE,
    /** It misses messages. */
    SKIP
  }
}
