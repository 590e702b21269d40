// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.stream;

import dev.sluice.session.bridge.StreamBridge;
import io.netty.channel.Channel;

/** The channel behind a connection, for tests that ask the kernel about it. */
public final class StreamChannel {

  private StreamChannel() {}

  public static Channel of(StreamBridge connection) {
    return ((ChannelWire) connection.wire()).channel();
  }
}
