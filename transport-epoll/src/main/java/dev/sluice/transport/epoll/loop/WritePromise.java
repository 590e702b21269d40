// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.loop;

import io.netty.channel.Channel;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPromise;
import io.netty.util.concurrent.EventExecutor;
import org.jspecify.annotations.Nullable;

/**
 * A write that is its own promise, so that it costs one object. It is ended on the loop only and
 * nobody listens to it but who made it, so that it takes no lock.
 */
public abstract class WritePromise extends DefaultChannelPromise {

  private boolean ended;

  /**
   * A write that has not ended.
   *
   * @param channel what is written to
   * @param loop the channel's
   */
  protected WritePromise(Channel channel, EventExecutor loop) {
    super(channel, loop);
  }

  /**
   * The kernel took it, or will never; called once for each write.
   *
   * @param success it did
   */
  protected abstract void ended(boolean success);

  /**
   * Whether it stands for many writes, and so is never done.
   *
   * @return {@code false} unless overridden; the same always
   */
  protected boolean shared() {
    return false;
  }

  private boolean end(boolean success) {
    if (ended) {
      return false;
    }
    ended = !shared();
    ended(success);
    return true;
  }

  @Override
  public final boolean setUncancellable() {
    return true;
  }

  @Override
  public final boolean isDone() {
    return ended;
  }

  @Override
  public final boolean trySuccess() {
    return end(true);
  }

  @Override
  public final boolean trySuccess(@Nullable Void result) {
    return end(true);
  }

  @Override
  public final ChannelPromise setSuccess(@Nullable Void result) {
    end(true);
    return this;
  }

  @Override
  public final boolean tryFailure(Throwable cause) {
    return end(false);
  }

  @Override
  public final ChannelPromise setFailure(Throwable cause) {
    end(false);
    return this;
  }
}
