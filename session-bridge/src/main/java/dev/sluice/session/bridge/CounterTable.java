// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counters by name, bounded in their number: protocols choose names, and a protocol that takes them
 * from its peers must not fill the memory.
 */
final class CounterTable {

  static final int MAX_NAMES = 128;
  static final String OTHER = "other";

  private final ConcurrentHashMap<String, LongAdder> counters = new ConcurrentHashMap<>();

  void increment(String name) {
    LongAdder counter = counters.get(name);
    if (counter == null) {
      // Racing threads may add a few names beyond the bound; it is a bound all the same.
      String key = counters.size() < MAX_NAMES && name.length() <= 64 ? name : OTHER;
      counter = counters.computeIfAbsent(key, unused -> new LongAdder());
    }
    counter.increment();
  }

  long get(String name) {
    LongAdder counter = counters.get(name);
    return counter == null ? 0 : counter.sum();
  }

  Map<String, Long> snapshot() {
    Map<String, Long> copy = new TreeMap<>();
    counters.forEach(
        (name, counter) -> {
          long sum = counter.sum();
          // One that is put in this very moment has not been counted yet.
          if (sum > 0) {
            copy.put(name, sum);
          }
        });
    return copy;
  }
}
