// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.WriteCompletion;
import io.netty.channel.Channel;
import org.jspecify.annotations.Nullable;

/** One datagram on its way to the kernel, and its promise. */
final class DatagramWrite extends WritePromise {

  private final DatagramPeer peer;
  private final int size;
  private @Nullable WriteCompletion completion;

  DatagramWrite(
      Channel channel, DatagramPeer peer, int size, @Nullable WriteCompletion completion) {
    super(channel, channel.eventLoop());
    this.peer = peer;
    this.size = size;
    this.completion = completion;
  }

  int size() {
    return size;
  }

  /** At most once: what became of it is told. */
  @Nullable WriteCompletion takeCompletion() {
    WriteCompletion taken = completion;
    completion = null;
    return taken;
  }

  @Override
  void ended(boolean success) {
    peer.written(this, success);
  }
}
