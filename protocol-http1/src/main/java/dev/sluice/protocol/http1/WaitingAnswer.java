// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.protocol.http.WaitingOutput;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.CompositeByteBuf;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/** What is there of an answer before it has its turn. On the connection's loop. */
final class WaitingAnswer {

  private @Nullable ArrayDeque<ByteBuf> waiting;

  /** Of its connection; there where something waits. */
  private @Nullable WaitingOutput counted;

  private int bytes;

  int bytes() {
    return bytes;
  }

  /**
   * Takes the buffer over.
   *
   * @param counting what waits of the connection
   */
  void add(ByteBuf data, WaitingOutput counting) {
    ArrayDeque<ByteBuf> queue = waiting;
    if (queue == null) {
      queue = new ArrayDeque<>();
      waiting = queue;
    }
    int more = data.readableBytes();
    bytes += more;
    queue.add(data);
    counted = counting;
    counting.add(more);
  }

  /**
   * All of it as one, however much it is: written part by part, one would find more before it than
   * a connection may have. Null: nothing.
   */
  @Nullable ByteBuf take(ByteBufAllocator allocator) {
    ArrayDeque<ByteBuf> queue = takeAll();
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
    ArrayDeque<ByteBuf> queue = takeAll();
    if (queue != null) {
      queue.forEach(ByteBuf::release);
    }
  }

  private @Nullable ArrayDeque<ByteBuf> takeAll() {
    ArrayDeque<ByteBuf> queue = waiting;
    int gone = bytes;
    waiting = null;
    bytes = 0;
    if (counted != null) {
      counted.less(gone);
    }
    return queue;
  }
}
