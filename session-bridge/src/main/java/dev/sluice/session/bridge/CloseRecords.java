// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The latest records of closed and refused connections, a fixed number of them: the oldest makes
 * room. Written by all loops and workers without a lock, read by any thread.
 */
public final class CloseRecords {

  private final AtomicReferenceArray<@Nullable CloseRecord> slots;
  private final AtomicLong written = new AtomicLong();

  CloseRecords(int capacity) {
    this.slots = new AtomicReferenceArray<>(capacity);
  }

  /**
   * The latest records.
   *
   * @param limit how many at the most; at least 1
   * @return the newest first
   */
  public List<CloseRecord> latest(int limit) {
    return latest(limit, all -> true);
  }

  /**
   * The latest records among those that are wanted. Those that are pushed out while this looks are
   * not in it.
   *
   * @param limit how many at the most; at least 1
   * @param wanted such as those of one interface; called with one record after the other until
   *     enough are found
   * @return the newest first
   */
  public List<CloseRecord> latest(int limit, Predicate<? super CloseRecord> wanted) {
    if (limit < 1) {
      throw new IllegalArgumentException("a limit of " + limit);
    }
    List<CloseRecord> found = new ArrayList<>(Math.min(limit, 64));
    long newest = written.get();
    long oldest = Math.max(1, newest - slots.length() + 1);
    for (long sequence = newest; sequence >= oldest && found.size() < limit; sequence--) {
      CloseRecord record = slots.get(slot(sequence));
      // Its writer may not have come to it yet, or a newer one has taken its place.
      if (record != null && record.sequence() == sequence && wanted.test(record)) {
        found.add(record);
      }
    }
    return found;
  }

  /**
   * How many were ever written.
   *
   * @return the sequence number of the newest
   */
  public long total() {
    return written.get();
  }

  /**
   * How many are kept.
   *
   * @return as configured; 0: none
   */
  public int capacity() {
    return slots.length();
  }

  /** The number of a record that is about to be written. */
  long next() {
    return written.incrementAndGet();
  }

  void put(CloseRecord record) {
    if (slots.length() == 0) {
      return;
    }
    int slot = slot(record.sequence());
    CloseRecord before;
    do {
      before = slots.get(slot);
      if (before != null && before.sequence() > record.sequence()) {
        // A whole round has gone by since this one got its number: it is among the oldest.
        return;
      }
    } while (!slots.compareAndSet(slot, before, record));
  }

  /** Counts one more into a record; null: it has been pushed out meanwhile. For its writer. */
  @Nullable CloseRecord oneMore(CloseRecord record) {
    CloseRecord more = record.withCount(record.count() + 1);
    return slots.length() > 0 && slots.compareAndSet(slot(record.sequence()), record, more)
        ? more
        : null;
  }

  private int slot(long sequence) {
    return (int) ((sequence - 1) % slots.length());
  }
}
