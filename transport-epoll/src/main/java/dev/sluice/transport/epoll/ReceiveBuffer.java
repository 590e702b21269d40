// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Where the datagrams of an interface are received: one buffer, a slice for each datagram of a
 * pass, kept from pass to pass. No allocator pools buffers of that size; and only the pages that
 * datagrams touch are ever backed by memory.
 *
 * <p>Sessions may keep what they are lent, an echo until it has been sent. As long as somebody
 * does, a second buffer receives in place of the first. Nobody is lent that one, so that a kept
 * datagram holds on to one buffer at the most. On the loop.
 */
@SuppressWarnings("deprecation") // Netty's own interface still has the deprecated Handle in it
final class ReceiveBuffer {

  /** Datagrams a pass: then the loop's other channels have their turn. */
  static final int PASS = 64;

  private final ByteBufAllocator allocator;
  private final int slice;
  private @Nullable ByteBuf lent;
  private @Nullable ByteBuf spare;
  private boolean copying;

  /**
   * @param largest of the datagrams; a slice has room for one byte more, which tells those that
   *     were cut
   */
  ReceiveBuffer(ByteBufAllocator allocator, int largest) {
    this.allocator = allocator;
    this.slice = largest + 1;
  }

  /** Room for one datagram. */
  int slice() {
    return slice;
  }

  /** What was received last must not be passed on: it is to be copied. */
  boolean copying() {
    return copying;
  }

  private ByteBuf next() {
    ByteBuf first = lent;
    // Not even ours any more where a session gave back what it did not own.
    if (first == null || first.refCnt() == 0) {
      first = room();
      lent = first;
    }
    copying = first.refCnt() > 1;
    if (!copying) {
      return first.clear().retain();
    }
    ByteBuf second = spare;
    if (second == null) {
      second = room();
      spare = second;
    }
    return second.clear().retain();
  }

  private ByteBuf room() {
    return allocator.directBuffer(PASS * slice, PASS * slice);
  }

  /** Nothing is received any more. */
  void release() {
    if (lent != null && lent.refCnt() > 0) {
      lent.release();
    }
    if (spare != null) {
      spare.release();
    }
    lent = null;
    spare = null;
  }

  /**
   * For one socket.
   *
   * @param reads a pass: 1 where one read brings many datagrams
   */
  RecvByteBufAllocator reader(int reads) {
    return () -> new Reader(reads);
  }

  private final class Reader implements RecvByteBufAllocator.ExtendedHandle {
    private final int reads;
    private int left;
    private int last;
    private int attempted;

    Reader(int reads) {
      this.reads = reads;
    }

    @Override
    public ByteBuf allocate(ByteBufAllocator unused) {
      left--;
      return next();
    }

    @Override
    public int guess() {
      return PASS * slice;
    }

    @Override
    public void reset(ChannelConfig config) {
      left = reads;
      last = 0;
    }

    @Override
    public void incMessagesRead(int messages) {}

    @Override
    public void lastBytesRead(int bytes) {
      last = bytes;
    }

    @Override
    public int lastBytesRead() {
      return last;
    }

    @Override
    public void attemptedBytesRead(int bytes) {
      attempted = bytes;
    }

    @Override
    public int attemptedBytesRead() {
      return attempted;
    }

    @Override
    public boolean continueReading() {
      return left > 0 && last > 0;
    }

    @Override
    public boolean continueReading(UncheckedBooleanSupplier maybeMore) {
      return continueReading();
    }

    @Override
    public void readComplete() {}
  }
}
