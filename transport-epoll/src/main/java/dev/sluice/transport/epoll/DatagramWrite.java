// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.WriteCompletion;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPromise;
import org.jspecify.annotations.Nullable;

/**
 * The promise of one datagram. Ended on the loop only and heard by nobody but its peer, so that it
 * takes no lock.
 */
final class DatagramWrite extends DefaultChannelPromise {

  private final DatagramPeer peer;
  private final int size;
  private @Nullable WriteCompletion completion;
  private boolean ended;

  DatagramWrite(
      Channel channel, DatagramPeer peer, int size, @Nullable WriteCompletion completion) {
    super(channel);
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

  private boolean end(boolean sent) {
    if (ended) {
      return false;
    }
    ended = true;
    peer.written(this, sent);
    return true;
  }

  @Override
  public boolean setUncancellable() {
    return true;
  }

  @Override
  public boolean isDone() {
    return ended;
  }

  @Override
  public boolean trySuccess() {
    return end(true);
  }

  @Override
  public boolean trySuccess(@Nullable Void result) {
    return end(true);
  }

  @Override
  public ChannelPromise setSuccess(@Nullable Void result) {
    end(true);
    return this;
  }

  @Override
  public boolean tryFailure(Throwable cause) {
    return end(false);
  }

  @Override
  public ChannelPromise setFailure(Throwable cause) {
    end(false);
    return this;
  }
}
