// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.session.bridge.Connections;
import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.netty.buffer.UnpooledHeapByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Remembers every buffer it handed out, and by whom it was asked. Any thread. */
final class TrackingAllocator extends AbstractByteBufAllocator {

  private static final StackWalker STACK = StackWalker.getInstance();
  private static final int SWEEP_AT = 256;
  private static final String ENGINE = Connections.class.getPackageName() + '.';

  /** Where millions of connections are made, the walk through the stack is most of their cost. */
  private static final boolean ORIGINS =
      !"false".equals(System.getProperty("sluice.testkit.origins"));

  /** A frame, and not its text: most are never looked at. */
  private record Allocation(ByteBuf buffer, Optional<StackWalker.StackFrame> where) {}

  private final List<Allocation> allocations = new ArrayList<>();
  private int sweepAt = SWEEP_AT;

  /** Says of each buffer that somebody still owns where it came from. */
  synchronized List<String> unreleased() {
    sweep();
    List<String> found = new ArrayList<>();
    for (Allocation allocation : allocations) {
      found.add(
          "a buffer of "
              + allocation.buffer().capacity()
              + " bytes has "
              + allocation.buffer().refCnt()
              + " owner(s) left, allocated at "
              + allocation.where().map(Object::toString).orElse("an unknown place"));
    }
    return found;
  }

  @Override
  protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
    return track(new UnpooledHeapByteBuf(this, initialCapacity, maxCapacity));
  }

  @Override
  protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
    return track(new UnpooledDirectByteBuf(this, initialCapacity, maxCapacity));
  }

  @Override
  public CompositeByteBuf compositeHeapBuffer(int maxNumComponents) {
    return track(new CompositeByteBuf(this, false, maxNumComponents));
  }

  @Override
  public CompositeByteBuf compositeDirectBuffer(int maxNumComponents) {
    return track(new CompositeByteBuf(this, true, maxNumComponents));
  }

  @Override
  public boolean isDirectBufferPooled() {
    return false;
  }

  private synchronized <B extends ByteBuf> B track(B buffer) {
    if (allocations.size() >= sweepAt) {
      sweep();
      sweepAt = Math.max(SWEEP_AT, 2 * allocations.size());
    }
    allocations.add(new Allocation(buffer, ORIGINS ? caller() : Optional.empty()));
    return buffer;
  }

  private void sweep() {
    allocations.removeIf(allocation -> allocation.buffer().refCnt() == 0);
  }

  /** The first frame that is neither Netty's nor the engine's nor this one's. */
  private static Optional<StackWalker.StackFrame> caller() {
    return STACK.walk(
        frames ->
            frames
                .filter(
                    frame ->
                        !frame.getClassName().startsWith("io.netty.")
                            && !frame.getClassName().startsWith(ENGINE)
                            && !frame.getClassName().equals(TrackingAllocator.class.getName()))
                .findFirst());
  }
}
