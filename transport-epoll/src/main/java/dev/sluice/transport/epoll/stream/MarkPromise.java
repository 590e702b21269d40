// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.stream;

import dev.sluice.transport.epoll.loop.WritePromise;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;

/**
 * The promise of a write to a {@link ChannelWire}. The last one of a flush has a mark and speaks
 * for all before it. Those share one with the mark 0, which only hears of failures, is never done
 * and counts as void, so that nothing is made for it on the way.
 */
final class MarkPromise extends WritePromise {

  private final ChannelWire wire;
  private final long mark;

  MarkPromise(ChannelWire wire, Channel channel, EventLoop loop, long mark) {
    super(channel, loop);
    this.wire = wire;
    this.mark = mark;
  }

  @Override
  protected boolean shared() {
    return mark == 0;
  }

  @Override
  public boolean isVoid() {
    return mark == 0;
  }

  @Override
  protected void ended(boolean success) {
    wire.written(mark, success);
  }
}
