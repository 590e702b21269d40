// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.UnpooledDirectByteBuf;
import io.netty.buffer.UnpooledHeapByteBuf;
import java.util.ArrayList;
import java.util.List;

/**
 * Remembers every buffer that it handed out, who asked for it and who kept it. For a node or a
 * session under test: it writes down the stack for each buffer, which costs more than the buffer.
 * Any thread.
 */
public final class TrackingAllocator extends AbstractByteBufAllocator {

  private static final int SWEEP_AT = 256;

  /** Where millions of connections are made, the stacks are most of their cost. */
  private static final boolean ORIGINS =
      !"false".equals(System.getProperty("sluice.testkit.origins"));

  /** A buffer that writes down who kept it. */
  private record Allocation(ByteBuf buffer, Trail trail) {}

  private final List<Allocation> allocations = new ArrayList<>();
  private final boolean trails;
  private int sweepAt = SWEEP_AT;

  /** Has handed out nothing. */
  public TrackingAllocator() {
    this(true);
  }

  /**
   * Has handed out nothing.
   *
   * @param trails whether to write down who asks for a buffer and keeps it
   */
  TrackingAllocator(boolean trails) {
    this.trails = trails && ORIGINS;
  }

  /**
   * Says of each buffer that somebody still owns where it came from, and who kept it.
   *
   * @return a line each; empty if all were released
   */
  public synchronized List<String> unreleased() {
    sweep();
    List<String> found = new ArrayList<>();
    for (Allocation allocation : allocations) {
      found.add(
          "a buffer of "
              + allocation.buffer().capacity()
              + " bytes has "
              + allocation.buffer().refCnt()
              + " owner(s) left, "
              + allocation.trail());
    }
    return found;
  }

  @Override
  protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
    return track(new Heap(this, initialCapacity, maxCapacity, trail()));
  }

  @Override
  protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
    return track(new Direct(this, initialCapacity, maxCapacity, trail()));
  }

  @Override
  public CompositeByteBuf compositeHeapBuffer(int maxNumComponents) {
    return track(new Composite(this, false, maxNumComponents, trail()));
  }

  @Override
  public CompositeByteBuf compositeDirectBuffer(int maxNumComponents) {
    return track(new Composite(this, true, maxNumComponents, trail()));
  }

  @Override
  public boolean isDirectBufferPooled() {
    return false;
  }

  private Trail trail() {
    return new Trail(trails);
  }

  private synchronized <B extends ByteBuf & Trailed> B track(B buffer) {
    if (allocations.size() >= sweepAt) {
      sweep();
      sweepAt = Math.max(SWEEP_AT, 2 * allocations.size());
    }
    allocations.add(new Allocation(buffer, buffer.trail()));
    return buffer;
  }

  private void sweep() {
    allocations.removeIf(allocation -> allocation.buffer().refCnt() == 0);
  }

  private interface Trailed {
    Trail trail();
  }

  // Slices and duplicates retain what they are of, and so come by here.

  private static final class Heap extends UnpooledHeapByteBuf implements Trailed {
    private final Trail trail;

    Heap(TrackingAllocator by, int capacity, int most, Trail trail) {
      super(by, capacity, most);
      this.trail = trail;
    }

    @Override
    public Trail trail() {
      return trail;
    }

    @Override
    public ByteBuf retain() {
      trail.retained();
      return super.retain();
    }

    @Override
    public ByteBuf retain(int increment) {
      trail.retained();
      return super.retain(increment);
    }

    @Override
    public ByteBuf touch(Object hint) {
      trail.touched(hint);
      return this;
    }
  }

  private static final class Direct extends UnpooledDirectByteBuf implements Trailed {
    private final Trail trail;

    Direct(TrackingAllocator by, int capacity, int most, Trail trail) {
      super(by, capacity, most);
      this.trail = trail;
    }

    @Override
    public Trail trail() {
      return trail;
    }

    @Override
    public ByteBuf retain() {
      trail.retained();
      return super.retain();
    }

    @Override
    public ByteBuf retain(int increment) {
      trail.retained();
      return super.retain(increment);
    }

    @Override
    public ByteBuf touch(Object hint) {
      trail.touched(hint);
      return this;
    }
  }

  private static final class Composite extends CompositeByteBuf implements Trailed {
    private final Trail trail;

    Composite(TrackingAllocator by, boolean direct, int most, Trail trail) {
      super(by, direct, most);
      this.trail = trail;
    }

    @Override
    public Trail trail() {
      return trail;
    }

    @Override
    public CompositeByteBuf retain() {
      trail.retained();
      return super.retain();
    }

    @Override
    public CompositeByteBuf retain(int increment) {
      trail.retained();
      return super.retain(increment);
    }

    @Override
    public CompositeByteBuf touch(Object hint) {
      trail.touched(hint);
      return this;
    }
  }
}
