// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.CloseReason;
import dev.sluice.api.WriteCompletion;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * The sending half of a connection and its way to the end: open, closing (flushes, refuses writes),
 * gone. Any thread; what a session has to hear goes through {@link Events}, which only queues.
 */
final class Outbound {

  /** Called with the lock held: must do nothing but queue. */
  interface Events {
    void flushWanted();

    void writabilityChanged();

    void completed(WriteCompletion completion, boolean written);

    void ended(CloseReason reason);
  }

  private enum Phase {
    OPEN,
    CLOSING,
    GONE
  }

  /** The copy shows whether the bytes were still the same when the kernel took them. */
  private static final class Write {
    final ByteBuf data;
    final byte[] copy;
    final @Nullable WriteCompletion completion;

    Write(ByteBuf data, @Nullable WriteCompletion completion) {
      this.data = data;
      this.copy = ByteBufUtil.getBytes(data);
      this.completion = completion;
    }
  }

  private final Events events;
  private final Violations violations;
  private final int highMark;
  private final int hardMark;
  private final Deque<Write> queue = new ArrayDeque<>();
  private final ByteArrayOutputStream delivered = new ByteArrayOutputStream();
  private Phase phase = Phase.OPEN;
  private @Nullable CloseReason reason;
  private long pending;
  private long room = Long.MAX_VALUE;
  private boolean writable = true;
  private boolean flushWanted;
  private boolean tellWanted;
  private boolean shut;
  private boolean peerEnded;

  Outbound(Events events, Violations violations, int highMark, int hardMark) {
    this.events = events;
    this.violations = violations;
    this.highMark = highMark;
    this.hardMark = hardMark;
  }

  synchronized boolean write(ByteBuf data, @Nullable WriteCompletion completion) {
    if (phase != Phase.OPEN || shut) {
      data.release();
      return false;
    }
    if (pending > hardMark) {
      data.release();
      end(CloseReason.SLOW_CONSUMER);
      return false;
    }
    queue.add(new Write(data, completion));
    pending += data.readableBytes();
    if (writable && pending > highMark) {
      changeWritable(false);
    }
    wantFlush();
    return true;
  }

  synchronized boolean open() {
    return phase == Phase.OPEN;
  }

  synchronized boolean gone() {
    return phase == Phase.GONE;
  }

  /** The state that is to be told now; as the watermarks have it, whatever the phase. */
  synchronized boolean tellWritable() {
    tellWanted = false;
    return writable;
  }

  synchronized boolean writable() {
    return writable && phase == Phase.OPEN && !shut;
  }

  synchronized void peerEnded() {
    peerEnded = true;
  }

  synchronized void close(CloseReason why) {
    if (phase == Phase.OPEN) {
      phase = Phase.CLOSING;
      // A session that only follows the peer's end did not begin the close.
      reason = peerEnded && why.equals(CloseReason.SESSION_CLOSED) ? CloseReason.PEER_CLOSED : why;
      wantFlush();
    }
  }

  synchronized void abort(CloseReason why) {
    if (phase != Phase.GONE) {
      end(reason == null ? why : reason);
    }
  }

  synchronized boolean shutdown() {
    if (phase != Phase.OPEN || shut) {
      return false;
    }
    shut = true;
    wantFlush();
    return true;
  }

  /** The peer takes this many more bytes off the kernel's hands; -1: all that ever come. */
  synchronized void grant(long bytes) {
    room = bytes < 0 ? Long.MAX_VALUE : bytes + (room == Long.MAX_VALUE ? 0 : room);
    wantFlush();
  }

  synchronized void stopTaking() {
    room = 0;
  }

  synchronized byte[] delivered() {
    return delivered.toByteArray();
  }

  synchronized long pending() {
    return pending;
  }

  /** Whether the peer has seen the end of what we send. */
  synchronized boolean endSeen() {
    return phase == Phase.GONE || (shut && queue.isEmpty());
  }

  synchronized void flush() {
    flushWanted = false;
    while (!queue.isEmpty() && (room > 0 || !queue.element().data.isReadable())) {
      take(queue.element());
    }
    if (!writable && pending <= highMark / 2) {
      changeWritable(true);
    }
    if (phase == Phase.CLOSING && queue.isEmpty()) {
      abort(CloseReason.SESSION_CLOSED);
    }
  }

  private void take(Write write) {
    ByteBuf data = write.data;
    int count = (int) Math.min(room, data.readableBytes());
    int from = write.copy.length - data.readableBytes();
    byte[] bytes = new byte[count];
    data.readBytes(bytes);
    if (!Arrays.equals(bytes, 0, count, write.copy, from, from + count)) {
      violations.add("the bytes of a buffer were changed after it was written");
    }
    delivered.writeBytes(bytes);
    pending -= count;
    if (room != Long.MAX_VALUE) {
      room -= count;
    }
    if (!data.isReadable()) {
      queue.remove();
      data.release();
      if (write.completion != null) {
        events.completed(write.completion, true);
      }
    }
  }

  private void end(CloseReason why) {
    phase = Phase.GONE;
    reason = why;
    for (Write write : queue) {
      write.data.release();
      if (write.completion != null) {
        events.completed(write.completion, false);
      }
    }
    queue.clear();
    pending = 0;
    events.ended(why);
  }

  /** Told even where it came and went: the session may have seen it and be waiting. */
  private void changeWritable(boolean now) {
    writable = now;
    if (!tellWanted) {
      tellWanted = true;
      events.writabilityChanged();
    }
  }

  private void wantFlush() {
    if (!flushWanted) {
      flushWanted = true;
      events.flushWanted();
    }
  }
}
