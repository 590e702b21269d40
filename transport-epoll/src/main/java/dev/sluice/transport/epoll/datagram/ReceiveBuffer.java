// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.datagram;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Where the datagrams of an interface are received: one buffer, a slice for each datagram of a
 * pass, kept from pass to pass. No allocator pools buffers of that size; and only the pages that
 * datagrams touch are ever backed by memory. On the loop.
 */
@SuppressWarnings("deprecation") // Netty's own interface still has the deprecated Handle in it
final class ReceiveBuffer {

  private final ByteBufAllocator allocator;
  private final int slice;
  private @Nullable ByteBuf room;

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

  private ByteBuf next() {
    ByteBuf kept = room;
    if (kept == null) {
      kept = allocator.directBuffer(DatagramSockets.PASS * slice, DatagramSockets.PASS * slice);
      room = kept;
    }
    return kept.clear().retain();
  }

  /** Nothing is received any more. */
  void release() {
    if (room != null) {
      room.release();
      room = null;
    }
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
      return DatagramSockets.PASS * slice;
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
