// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.util.IllegalReferenceCountException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * Copies of what a session has written and its peer has not got: they show whether the bytes were
 * still the same when they left. Any thread; who writes holds the lock until the engine has the
 * bytes, so that the order here is the order there.
 */
final class Written {

  private static final String CHANGED = "the bytes of a buffer were changed after it was written";

  /** One write; the buffer is only compared. */
  static final class Write {
    private final ByteBuf data;
    private final byte[] copy;
    private int left;

    private Write(ByteBuf data) {
      this.data = data;
      this.copy = ByteBufUtil.getBytes(data);
      this.left = copy.length;
    }

    int length() {
      return copy.length;
    }
  }

  private final Violations violations;
  private final Deque<Write> writes = new ArrayDeque<>();
  private long pending;
  private boolean closed;

  Written(Violations violations) {
    this.violations = violations;
  }

  /** Before the engine is given the buffer; null where that will refuse it as released. */
  synchronized @Nullable Write add(ByteBuf data) {
    Write write;
    try {
      write = new Write(data);
    } catch (IllegalReferenceCountException | IndexOutOfBoundsException released) {
      // Some kinds of buffer have no length then, and say that in place of the truth.
      return null;
    }
    if (!closed) {
      writes.add(write);
      pending += write.left;
    }
    return write;
  }

  /** The engine has refused it. */
  synchronized void takeBack(Write write) {
    if (writes.removeLastOccurrence(write)) {
      pending -= write.left;
    }
  }

  /** A stream's next bytes have left. */
  synchronized void left(byte[] bytes) {
    int at = 0;
    while (at < bytes.length) {
      Write write = writes.peek();
      if (write == null) {
        throw new IllegalStateException("more bytes have left than were written");
      }
      int count = Math.min(write.left, bytes.length - at);
      int from = write.copy.length - write.left;
      compare(bytes, at, write, from, count);
      write.left -= count;
      pending -= count;
      at += count;
      if (write.left == 0) {
        writes.remove();
      }
    }
  }

  /**
   * A datagram has left: the very buffer that was written. Those written before it that have not
   * are lost.
   */
  @SuppressWarnings("ReferenceEquality")
  synchronized void left(ByteBuf datagram, byte[] bytes) {
    @Nullable Write write;
    while ((write = writes.poll()) != null) {
      pending -= write.left;
      if (write.data == datagram) {
        compare(bytes, 0, write, 0, Math.max(bytes.length, write.copy.length));
        return;
      }
    }
  }

  private void compare(byte[] bytes, int at, Write write, int from, int count) {
    int to = Math.min(bytes.length, at + count);
    int end = Math.min(write.copy.length, from + count);
    if (!Arrays.equals(bytes, at, to, write.copy, from, end)) {
      violations.add(CHANGED);
    }
  }

  /** How many bytes were written and have not left. */
  synchronized long pending() {
    return pending;
  }

  /** Nothing leaves any more. */
  synchronized void close() {
    closed = true;
    writes.clear();
    pending = 0;
  }
}
