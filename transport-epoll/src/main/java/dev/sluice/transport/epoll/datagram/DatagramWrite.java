// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.datagram;

import dev.sluice.session.bridge.DatagramBridge;
import dev.sluice.transport.epoll.loop.WritePromise;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/** One datagram on its way to the kernel, and its promise. */
final class DatagramWrite extends WritePromise {

  private final DatagramBridge peer;
  private final int size;
  private final DatagramBridge.@Nullable Told told;

  /** Kept until the end: a freed buffer in the socket's queue would end the socket. */
  private final ByteBuf data;

  DatagramWrite(
      Channel channel,
      ByteBuf data,
      DatagramBridge peer,
      int size,
      DatagramBridge.@Nullable Told told) {
    super(channel, channel.eventLoop());
    this.data = data.retain();
    this.peer = peer;
    this.size = size;
    this.told = told;
  }

  @Override
  protected void ended(boolean success) {
    // The queue's reference may go before this one or behind it.
    if (data.refCnt() > 0) {
      data.release();
    } else {
      peer.bufferReleased();
    }
    peer.sent(size, told, success);
  }
}
