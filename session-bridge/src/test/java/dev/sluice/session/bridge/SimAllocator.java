// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.UnpooledHeapByteBuf;
import java.util.ArrayList;
import java.util.List;

/** Remembers every buffer that it made, so that each can be asked whether it was released. */
final class SimAllocator extends AbstractByteBufAllocator {

  private final List<ByteBuf> made = new ArrayList<>();
  private int left;

  SimAllocator() {
    this(Integer.MAX_VALUE);
  }

  /**
   * @param most there is memory for no more buffers
   */
  SimAllocator(int most) {
    this.left = most;
  }

  /** How many of them are still somebody's. */
  int live() {
    int live = 0;
    for (ByteBuf buffer : made) {
      if (buffer.refCnt() > 0) {
        live++;
      }
    }
    return live;
  }

  private <B extends ByteBuf> B remembered(B buffer) {
    if (left-- <= 0) {
      throw new OutOfMemoryError("as the test wants");
    }
    made.add(buffer);
    return buffer;
  }

  @Override
  protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
    return remembered(new UnpooledHeapByteBuf(this, initialCapacity, maxCapacity));
  }

  @Override
  protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
    return newHeapBuffer(initialCapacity, maxCapacity);
  }

  @Override
  public CompositeByteBuf compositeHeapBuffer(int maxNumComponents) {
    return remembered(new CompositeByteBuf(this, false, maxNumComponents));
  }

  @Override
  public CompositeByteBuf compositeDirectBuffer(int maxNumComponents) {
    return compositeHeapBuffer(maxNumComponents);
  }

  @Override
  public boolean isDirectBufferPooled() {
    return false;
  }
}
