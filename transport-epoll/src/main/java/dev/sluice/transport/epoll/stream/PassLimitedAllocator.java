// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.stream;

import dev.sluice.session.bridge.InboundBudget;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;

/**
 * Sizes reads to what arrives, and ends a pass after 64 KiB: then the other connections of the loop
 * have their turn. While the node is out of inbound budget a pass is one small read, so that many
 * connections together do not go far beyond it.
 */
@SuppressWarnings("deprecation") // Netty's own interface still has the deprecated Handle in it
final class PassLimitedAllocator implements RecvByteBufAllocator {

  private static final int PASS = ChannelSettings.PASS;
  private static final int STRAINED = 2 << 10;

  private final AdaptiveRecvByteBufAllocator adaptive =
      new AdaptiveRecvByteBufAllocator(64, 2048, PASS);
  private final InboundBudget budget;

  PassLimitedAllocator(InboundBudget budget) {
    this.budget = budget;
  }

  @Override
  public Handle newHandle() {
    return new PassHandle(adaptive.newHandle(), budget);
  }

  private static final class PassHandle extends DelegatingHandle implements ExtendedHandle {
    private final InboundBudget budget;
    private int left;

    /**
     * The pass is over, and Netty asks for a buffer all the same, as it does once the peer has
     * ended its side.
     */
    private boolean over;

    PassHandle(Handle adaptive, InboundBudget budget) {
      super(adaptive);
      this.budget = budget;
    }

    @Override
    public void reset(ChannelConfig config) {
      super.reset(config);
      left = budget.exhausted() ? STRAINED : PASS;
      over = false;
    }

    @Override
    public ByteBuf allocate(ByteBufAllocator allocator) {
      over = left <= 0;
      return over ? Unpooled.EMPTY_BUFFER : allocator.ioBuffer(Math.min(left, guess()));
    }

    @Override
    public void lastBytesRead(int bytes) {
      // What was read into no room looks like the end of the stream, which it is not.
      if (!over) {
        super.lastBytesRead(bytes);
        left -= Math.max(0, bytes);
      }
    }

    /** 0 ends Netty's loop of reads; the socket is still readable and comes in turn again. */
    @Override
    public int lastBytesRead() {
      return over ? 0 : super.lastBytesRead();
    }

    @Override
    public boolean continueReading() {
      return left > 0 && super.continueReading();
    }

    @Override
    public boolean continueReading(UncheckedBooleanSupplier maybeMore) {
      return left > 0 && ((ExtendedHandle) delegate()).continueReading(maybeMore);
    }
  }
}
