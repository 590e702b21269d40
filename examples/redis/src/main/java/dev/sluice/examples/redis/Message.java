// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import org.jspecify.annotations.Nullable;

/** What was published, for one subscription. Never changes. */
final class Message {

  private static final int OVERHEAD = 64;

  private final @Nullable Bytes pattern;
  private final Bytes channel;
  private final byte[] payload;

  /**
   * A message.
   *
   * @param pattern by which the channel was found; null: by its name
   */
  Message(@Nullable Bytes pattern, Bytes channel, byte[] payload) {
    this.pattern = pattern;
    this.channel = channel;
    this.payload = payload;
  }

  @Nullable Bytes pattern() {
    return pattern;
  }

  Bytes channel() {
    return channel;
  }

  /** What counts against a subscriber's bound. */
  long cost() {
    return (long) OVERHEAD + channel.array().length + payload.length;
  }

  void write(Reply reply) {
    Bytes by = pattern;
    if (by == null) {
      reply.push(3);
      reply.bulk("message");
    } else {
      reply.push(4);
      reply.bulk("pmessage");
      reply.bulk(by.array());
    }
    reply.bulk(channel.array());
    reply.bulk(payload);
  }
}
