// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.netty;

import io.netty.channel.ChannelId;

/** A connection's id in Netty's words; unique in the node. */
record HostedChannelId(long connection) implements ChannelId {

  @Override
  public String asShortText() {
    return Long.toString(connection);
  }

  @Override
  public String asLongText() {
    return "sluice-" + connection;
  }

  @Override
  public int compareTo(ChannelId other) {
    return other instanceof HostedChannelId hosted
        ? Long.compare(connection, hosted.connection)
        : asLongText().compareTo(other.asLongText());
  }
}
