// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import dev.sluice.api.ConnId;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * What a client has still to be sent: small answers gathered into one write, and a long one given
 * to the node in pieces as the client reads. In the session's order.
 */
final class Output {

  private static final int PIECE = 16 << 10;

  private final ConnId id;
  private final SessionWriter writer;
  private final ArrayDeque<ByteBuf> full = new ArrayDeque<>(4);
  private @Nullable ByteBuf tail;
  private long told;
  private boolean ended;

  Output(ConnId id, SessionWriter writer) {
    this.id = id;
    this.writer = writer;
  }

  void write(byte[] bytes) {
    int from = 0;
    while (from < bytes.length) {
      int some = Math.min(bytes.length - from, PIECE);
      room(some).writeBytes(bytes, from, some);
      from += some;
    }
  }

  /** A buffer that takes as many bytes, which are not more than a piece. */
  ByteBuf room(int bytes) {
    ByteBuf last = tail;
    if (last != null && last.readableBytes() + bytes > PIECE) {
      full.add(last);
      last = null;
    }
    if (last == null) {
      last = writer.context(id).allocator().buffer(Math.max(256, bytes), 2 * PIECE);
      tail = last;
    }
    return last;
  }

  /** Gives the node what the client has room for. */
  void drain() {
    while (!full.isEmpty() && writer.isWritable(id)) {
      writer.writeOutbound(id, full.remove());
    }
    ByteBuf last = tail;
    if (full.isEmpty() && last != null && writer.isWritable(id)) {
      tail = null;
      writer.writeOutbound(id, last);
    }
    long kept = (long) full.size() * PIECE + (tail == null ? 0 : tail.readableBytes());
    if (kept != told && !ended) {
      told = kept;
      writer.keepsOutput(id, kept);
    }
  }

  /** Whether nothing more should be added: what is here already has to wait. */
  boolean blocked() {
    if (!full.isEmpty()) {
      drain();
    }
    return !full.isEmpty() || !writer.isWritable(id);
  }

  boolean isEmpty() {
    return tail == null && full.isEmpty();
  }

  /** The connection is gone. */
  void release() {
    ended = true;
    full.forEach(ByteBuf::release);
    full.clear();
    if (tail != null) {
      tail.release();
      tail = null;
    }
  }
}
