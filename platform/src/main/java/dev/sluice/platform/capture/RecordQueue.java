// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.capture;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What waits to be written, bounded in bytes. Put in from any thread without a lock or a wait,
 * taken out by one.
 */
final class RecordQueue {

  /** What a record costs beside its data, so that empty ones are bounded too. */
  private static final int OVERHEAD = 128;

  /** With what it costs, which it may be taken out by. */
  private record Item(Recording recording, long cost) {}

  private final long limit;
  private final ConcurrentLinkedQueue<Item> items = new ConcurrentLinkedQueue<>();
  private final AtomicLong queued = new AtomicLong();

  // Set by the writer before it looks a last time and sleeps; read by whoever puts something in.
  private volatile @Nullable Thread sleeper;

  RecordQueue(long limit) {
    this.limit = limit;
  }

  /** Takes room for a record with so much data. False: there is none. */
  boolean reserve(int bytes) {
    long cost = bytes + (long) OVERHEAD;
    if (queued.addAndGet(cost) <= limit) {
      return true;
    }
    queued.addAndGet(-cost);
    return false;
  }

  /** Behind {@link #reserve} with the same number. */
  void put(Recording recording, int bytes) {
    items.add(new Item(recording, bytes + (long) OVERHEAD));
    wake();
  }

  /** Whatever there is: for the few that a session has one of. */
  void putAnyway(Recording recording) {
    queued.addAndGet(OVERHEAD);
    put(recording, 0);
  }

  void wake() {
    Thread thread = sleeper;
    if (thread != null) {
      LockSupport.unpark(thread);
    }
  }

  /** The writer: the next one, or null. */
  @Nullable Recording poll() {
    Item item = items.poll();
    if (item == null) {
      return null;
    }
    queued.addAndGet(-item.cost);
    return item.recording;
  }

  /** The writer: until something is put in, it is woken, or the time has passed. */
  void await(long nanos) {
    sleeper = Thread.currentThread();
    try {
      if (items.isEmpty()) {
        LockSupport.parkNanos(this, nanos);
      }
    } finally {
      sleeper = null;
    }
  }
}
