// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** What is there of an answer before it has its turn. On the connection's loop. */
final class WaitingAnswer {

  private @Nullable ArrayDeque<ByteBuf> waiting;
  private int bytes;

  int bytes() {
    return bytes;
  }

  /** Takes the buffer over. */
  void add(ByteBuf data) {
    ArrayDeque<ByteBuf> queue = waiting;
    if (queue == null) {
      queue = new ArrayDeque<>();
      waiting = queue;
    }
    bytes += data.readableBytes();
    queue.add(data);
  }

  /**
   * All of it as one, however much it is: written part by part, one would find more before it than
   * a connection may have. Null: nothing.
   */
  @Nullable ByteBuf take(ByteBufAllocator allocator) {
    ArrayDeque<ByteBuf> queue = waiting;
    waiting = null;
    bytes = 0;
    if (queue == null) {
      return null;
    }
    if (queue.size() == 1) {
      return queue.remove();
    }
    CompositeByteBuf whole = allocator.compositeBuffer(Integer.MAX_VALUE);
    for (ByteBuf part : queue) {
      whole.addFlattenedComponents(true, part);
    }
    return whole;
  }

  void drop() {
    ArrayDeque<ByteBuf> queue = waiting;
    waiting = null;
    bytes = 0;
    if (queue != null) {
      queue.forEach(ByteBuf::release);
    }
  }
}
