// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.operator;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * One figure for Prometheus, and how it is read.
 *
 * @param name with dots; unit and kind come behind it
 * @param help what it counts
 * @param unit such as {@code bytes}; null for plain numbers
 * @param type how it is read
 * @param of its value, of what it is about
 * @param <S> what it is about: an interface's figures, say
 */
record Figure<S>(
    String name, String help, @Nullable String unit, Type type, ToDoubleFunction<S> of) {

  /** How a figure is to be read. */
  enum Type {
    /** Goes up and down, and is unknown where there is nothing to ask. */
    GAUGE,
    /** Only ever grows. */
    COUNTER
  }

  static <S> Figure<S> gauge(String name, String help, ToDoubleFunction<S> of) {
    return new Figure<>(name, help, null, Type.GAUGE, of);
  }

  static <S> Figure<S> counter(String name, String help, ToDoubleFunction<S> of) {
    return new Figure<>(name, help, null, Type.COUNTER, of);
  }

  Figure<S> in(String wanted) {
    return new Figure<>(name, help, wanted, type, of);
  }

  /**
   * Adds it to a registry.
   *
   * @param holder of the reading; kept weakly
   * @param source finds in the last reading what the figure is about; null once it is gone
   */
  <H> void addTo(MeterRegistry to, Tags tags, H holder, Function<H, @Nullable S> source) {
    switch (type) {
      case GAUGE ->
          Gauge.builder(name, holder, held -> value(source.apply(held), Double.NaN))
              .description(help)
              .baseUnit(unit)
              .tags(tags)
              .register(to);
      case COUNTER ->
          FunctionCounter.builder(name, holder, held -> value(source.apply(held), 0))
              .description(help)
              .baseUnit(unit)
              .tags(tags)
              .register(to);
    }
  }

  private double value(@Nullable S from, double otherwise) {
    return from == null ? otherwise : of.applyAsDouble(from);
  }

  /**
   * Counters by key, one for each key that has come up; the tables are bounded, and so are these.
   *
   * @param name with dots
   * @param help what they count
   * @param label the key's
   * @param of the table, of what it is about
   * @param <S> what they are about
   */
  record Table<S>(String name, String help, String label, Function<S, Map<String, Long>> of) {

    Figure<S> row(String key) {
      return counter(name, help, from -> of.apply(from).getOrDefault(key, 0L));
    }
  }
}
