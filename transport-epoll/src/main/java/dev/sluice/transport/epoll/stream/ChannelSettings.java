// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.stream;

import dev.sluice.session.bridge.InboundBudget;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.RecvByteBufAllocator;

/** What the channels of a node's endpoints share. Any thread. */
public final class ChannelSettings {

  /** The most bytes that a channel reads before its loop's other channels have their turn. */
  public static final int PASS = 64 << 10;

  private final EventLoopGroup loops;
  private final ByteBufAllocator allocator;
  private final PassLimitedAllocator reads;

  /**
   * For one node.
   *
   * @param loops the channels' threads; each channel stays on one
   * @param allocator where buffers come from
   * @param budget decides how much may be read
   */
  public ChannelSettings(EventLoopGroup loops, ByteBufAllocator allocator, InboundBudget budget) {
    this.loops = loops;
    this.allocator = allocator;
    this.reads = new PassLimitedAllocator(budget);
  }

  /**
   * Takes the loops in turn.
   *
   * @return for one more channel
   */
  public EventLoop nextLoop() {
    return loops.next();
  }

  ByteBufAllocator allocator() {
    return allocator;
  }

  RecvByteBufAllocator reads() {
    return reads;
  }
}
