// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.outbound;

import dev.sluice.api.outbound.OutboundException.Kind;
import dev.sluice.api.outbound.OutboundPool;
import dev.sluice.api.outbound.OutboundTarget;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts by target, of a bounded number of targets: the first ones that the node's own code has
 * named. All others, and those that a peer has named, count as one. Any thread.
 */
final class TargetTable {

  private static final Logger log = LoggerFactory.getLogger(TargetTable.class);

  /** What all targets without figures of their own are called; no target is, which has a port. */
  static final String OTHER = "other";

  private static final int MOST_TARGETS = 100;

  /** Clients beyond it are not shown. */
  private static final int MOST_SOURCES = 1000;

  private final ConcurrentHashMap<OutboundTarget, Row> rows = new ConcurrentHashMap<>();
  private final Row other = new Row();
  private final Set<WeakReference<Supplier<List<OutboundPool>>>> sources =
      ConcurrentHashMap.newKeySet();
  private final AtomicBoolean told = new AtomicBoolean();

  /** The counters of a target. */
  static final class Row {
    private final AtomicInteger open = new AtomicInteger();
    private final LongAdder attempts = new LongAdder();
    private final Map<Kind, LongAdder> failures = new EnumMap<>(Kind.class);

    private Row() {
      for (Kind kind : Kind.values()) {
        failures.put(kind, new LongAdder());
      }
    }

    void failed(Kind kind) {
      Objects.requireNonNull(failures.get(kind)).increment();
    }

    /** An attempt begins; until it has failed, or its connection has ended. */
    Open begin() {
      attempts.increment();
      open.incrementAndGet();
      return new Open(this);
    }
  }

  /** One of what is open: over once, however many paths lead there. */
  static final class Open extends AtomicBoolean {
    private static final long serialVersionUID = 1;

    private final transient Row row;

    private Open(Row row) {
      this.row = row;
    }

    void over() {
      if (compareAndSet(false, true)) {
        row.open.decrementAndGet();
      }
    }
  }

  /**
   * Finds a target's counters.
   *
   * @param foreign whether a peer has named it
   */
  Row row(OutboundTarget named, boolean foreign) {
    OutboundTarget target = lower(named);
    Row known = rows.get(target);
    if (known != null) {
      return known;
    }
    // Racing threads may add a few beyond the bound; it is a bound all the same.
    return foreign || rows.size() >= MOST_TARGETS
        ? other
        : rows.computeIfAbsent(target, unused -> new Row());
  }

  private static OutboundTarget lower(OutboundTarget target) {
    String host = target.host().toLowerCase(Locale.ROOT);
    return host.equals(target.host()) ? target : new OutboundTarget(host, target.port());
  }

  /** Kept weakly. */
  void show(Supplier<List<OutboundPool>> pools) {
    sources.removeIf(source -> source.get() == null);
    if (sources.size() < MOST_SOURCES) {
      sources.add(new WeakReference<>(pools));
    }
  }

  /** By name; those without figures of their own last, where there are any. */
  List<TargetFigures> snapshot() {
    Map<String, Pools> pools = pools();
    Map<String, TargetFigures> named = new TreeMap<>();
    rows.forEach(
        (target, row) -> {
          String name = target.toString();
          named.put(name, figures(name, row, pools.getOrDefault(name, Pools.NONE)));
        });
    List<TargetFigures> all = new ArrayList<>(named.values());
    if (other.attempts.sum() > 0 || pools.containsKey(OTHER)) {
      all.add(figures(OTHER, other, pools.getOrDefault(OTHER, Pools.NONE)));
    }
    return all;
  }

  private record Pools(int connections, int connecting, int requests, int waiting) {
    static final Pools NONE = new Pools(0, 0, 0, 0);

    Pools with(OutboundPool more) {
      return new Pools(
          connections + more.connections(),
          connecting + more.connecting(),
          requests + more.requests(),
          waiting + more.waiting());
    }
  }

  private Map<String, Pools> pools() {
    Map<String, Pools> sums = new HashMap<>();
    for (WeakReference<Supplier<List<OutboundPool>>> source : sources) {
      Supplier<List<OutboundPool>> pools = source.get();
      try {
        for (OutboundPool pool : pools == null ? List.<OutboundPool>of() : pools.get()) {
          OutboundTarget target = lower(pool.target());
          String name = rows.containsKey(target) ? target.toString() : OTHER;
          sums.put(name, sums.getOrDefault(name, Pools.NONE).with(pool));
        }
      } catch (RuntimeException foreign) {
        // Another's code; the figures of all others are none the worse.
        if (told.compareAndSet(false, true)) {
          log.warn("a client does not tell of its connections", foreign);
        }
      }
    }
    return sums;
  }

  private static TargetFigures figures(String name, Row row, Pools pools) {
    Map<String, Long> failures = new TreeMap<>();
    row.failures.forEach(
        (kind, count) -> {
          long sum = count.sum();
          if (sum > 0) {
            failures.put(OutboundFailure.counter(kind), sum);
          }
        });
    return new TargetFigures(
        name,
        row.open.get(),
        row.attempts.sum(),
        failures,
        pools.connections(),
        pools.connecting(),
        pools.requests(),
        pools.waiting());
  }
}
