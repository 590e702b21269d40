// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Keys with their values. Not for several threads: who uses it holds its monitor, for a whole
 * command, so that each command is atomic as in Redis.
 *
 * <p>Each key has a number, its slot, as long as it is there, however often its value changes. A
 * scan goes by slots: it meets everything that is there from its begin to its end exactly once.
 */
final class Keyspace {

  /** A key, its entry, its slot. */
  private static final int OVERHEAD = 150;

  private static final int EXPIRED_BEFORE_A_REFUSAL = 100;

  /** What is kept under a key, and until when. */
  static final class Entry {
    private final Bytes key;
    private final int slot;
    private Value value;
    private long cost;
    private long expiresAt;

    private Entry(Bytes key, int slot, Value value) {
      this.key = key;
      this.slot = slot;
      this.value = value;
    }

    byte[] key() {
      return key.array();
    }

    Value value() {
      return value;
    }

    /** Milliseconds; 0: never. */
    long expiresAt() {
      return expiresAt;
    }
  }

  private final LongSupplier clock;
  private final Map<Bytes, Entry> entries = new HashMap<>();
  private final List<@Nullable Entry> slots = new ArrayList<>();
  private final ArrayDeque<Integer> freeSlots = new ArrayDeque<>();
  private final TreeSet<Entry> expiring =
      new TreeSet<>(
          Comparator.comparingLong((Entry entry) -> entry.expiresAt)
              .thenComparingInt(entry -> entry.slot));
  private long used;
  private long now;

  /**
   * An empty one.
   *
   * @param clock the time in milliseconds
   */
  Keyspace(LongSupplier clock) {
    this.clock = clock;
  }

  /** The time goes on: before each command, for which it then stands still. */
  void tick() {
    now = clock.getAsLong();
  }

  long now() {
    return now;
  }

  int size() {
    return entries.size();
  }

  int expiringSize() {
    return expiring.size();
  }

  /** Bytes, as they count against the bound. */
  long used() {
    return used;
  }

  /** What stands under a key; what has expired is gone. */
  @Nullable Entry find(byte[] key) {
    Entry entry = entries.get(new Bytes(key));
    if (entry != null && expired(entry)) {
      remove(entry);
      return null;
    }
    return entry;
  }

  /** The string under a key; null: nothing. */
  byte @Nullable [] text(byte[] key) {
    Entry entry = find(key);
    if (entry == null) {
      return null;
    }
    if (entry.value instanceof Value.Text text) {
      return text.bytes();
    }
    throw CommandException.wrongType();
  }

  /** The hash under a key; null: nothing. */
  Value.@Nullable Hash hash(byte[] key) {
    Entry entry = find(key);
    if (entry == null) {
      return null;
    }
    if (entry.value instanceof Value.Hash hash) {
      return hash;
    }
    throw CommandException.wrongType();
  }

  /** What a new key costs with such a value, at most. */
  static long cost(byte[] key, long value) {
    return (long) OVERHEAD + key.length + value;
  }

  /** What an entry costs now; nothing where there is none. */
  static long cost(@Nullable Entry entry) {
    return entry == null ? 0 : entry.cost;
  }

  /** Refuses what would make the store larger than it may be. */
  void reserve(long growth, long maxMemory) {
    if (growth > 0 && used + growth > maxMemory) {
      removeExpired(EXPIRED_BEFORE_A_REFUSAL);
      if (used + growth > maxMemory) {
        throw new CommandException("OOM command not allowed when used memory > 'maxmemory'.");
      }
    }
  }

  /**
   * Puts a value under a key. Until when it is kept does not change; a new one is kept for ever.
   */
  Entry put(byte[] key, Value value) {
    Entry entry = find(key);
    if (entry == null) {
      Integer free = freeSlots.poll();
      Bytes name = new Bytes(key);
      entry = new Entry(name, free == null ? slots.size() : free, value);
      if (free == null) {
        slots.add(entry);
      } else {
        slots.set(free, entry);
      }
      entries.put(name, entry);
    } else {
      entry.value = value;
    }
    changed(entry);
    return entry;
  }

  /** An entry's value has become larger or smaller. */
  void changed(Entry entry) {
    long cost = cost(entry.key(), entry.value.cost());
    used += cost - entry.cost;
    entry.cost = cost;
  }

  /** At 0 never. */
  void expireAt(Entry entry, long time) {
    if (entry.expiresAt != 0) {
      expiring.remove(entry);
    }
    entry.expiresAt = time;
    if (time != 0) {
      expiring.add(entry);
    }
  }

  boolean remove(byte[] key) {
    Entry entry = find(key);
    if (entry != null) {
      remove(entry);
    }
    return entry != null;
  }

  private void remove(Entry entry) {
    expireAt(entry, 0);
    entries.remove(entry.key);
    slots.set(entry.slot, null);
    freeSlots.push(entry.slot);
    used -= entry.cost;
    if (entries.isEmpty()) {
      clear();
    }
  }

  void clear() {
    entries.clear();
    slots.clear();
    freeSlots.clear();
    expiring.clear();
    used = 0;
  }

  private boolean expired(Entry entry) {
    return entry.expiresAt != 0 && entry.expiresAt <= now;
  }

  /** Removes some of what has expired and nobody has asked for since; how many. */
  int removeExpired(int most) {
    int removed = 0;
    while (removed < most && !expiring.isEmpty() && expired(expiring.first())) {
      remove(expiring.first());
      removed++;
    }
    return removed;
  }

  /** How far a scan can go. */
  int slots() {
    return slots.size();
  }

  /** What stands in a slot and has not expired. */
  @Nullable Entry at(int slot) {
    Entry entry = slots.get(slot);
    return entry == null || expired(entry) ? null : entry;
  }
}
