// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.platform.config.ConfigNode.ScalarNode;
import java.lang.reflect.Constructor;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** What a settings component takes. Binder, schema and reference all read a record from this. */
sealed interface ValueType {

  /** In words, for errors and for the reference. */
  String allowed();

  /** A single value, possibly within a range. */
  record ScalarType<T>(Scalar<T> scalar, Range<T> range) implements ValueType {

    T read(ScalarNode node) throws NotAllowed {
      T value = scalar.read(node, range);
      if (!range.contains(value)) {
        throw new NotAllowed(range.said(scalar.noun()));
      }
      return value;
    }

    @Override
    public String allowed() {
      return scalar.allowed(range);
    }
  }

  /** The bounds of a number, duration or size; both may be absent. */
  record Range<T>(Optional<Bound<T>> min, Optional<Bound<T>> max) {

    /** A bound and how its author wrote it. */
    record Bound<T>(T value, Comparable<T> order, String text) {

      boolean atMost(Bound<T> other) {
        return order.compareTo(other.value) <= 0;
      }
    }

    static <T> Range<T> none() {
      return new Range<>(Optional.empty(), Optional.empty());
    }

    boolean contains(T value) {
      return min.map(m -> m.order().compareTo(value) <= 0).orElse(true)
          && max.map(m -> m.order().compareTo(value) >= 0).orElse(true);
    }

    String said(String noun) {
      Function<Bound<T>, String> text = Bound::text;
      if (min.isPresent() && max.isPresent()) {
        return noun + " from " + min.map(text).get() + " to " + max.map(text).get();
      }
      return noun
          + min.map(text).map(m -> " of at least " + m).orElse("")
          + max.map(text).map(m -> " of at most " + m).orElse("");
    }
  }

  /** A record of settings. */
  record RecordType(Constructor<? extends Record> constructor, List<Component> components)
      implements ValueType {

    @Override
    public String allowed() {
      List<String> required =
          components.stream().filter(Component::required).map(Component::key).toList();
      return required.isEmpty() ? "a map" : "a map with " + Texts.all(required);
    }

    List<String> keys() {
      return components.stream().map(Component::key).toList();
    }
  }

  /**
   * A component of a settings record.
   *
   * @param key in snake_case, as in the file
   * @param defaultText as its author wrote it; empty: none
   * @param defaultNode the same, parsed
   */
  record Component(
      String key,
      String description,
      String defaultText,
      Optional<ConfigNode> defaultNode,
      ValueType type) {

    boolean required() {
      return defaultNode.isEmpty() && !(type instanceof OptionalType);
    }
  }

  /**
   * Values in order.
   *
   * @param orOne whether there is at least one, and a single one may be written without a list
   */
  record ListType(ValueType element, boolean orOne) implements ValueType {

    @Override
    public String allowed() {
      return said(element.allowed());
    }

    String said(String each) {
      return (orOne ? each + " or " : "") + "a list, each " + each;
    }
  }

  /** Values by a name that the operator chooses. */
  record MapType(ValueType value, Optional<MapKeys> keys) implements ValueType {

    @Override
    public String allowed() {
      return keys.map(k -> "a map from " + k.allowed()).orElse("a map");
    }
  }

  /** A value that may be left out. */
  record OptionalType(ValueType value) implements ValueType {

    @Override
    public String allowed() {
      return value.allowed();
    }
  }

  /** A map kept as it was written, to be bound later by someone who knows its type. */
  record RawType() implements ValueType {

    @Override
    public String allowed() {
      return "a map";
    }
  }
}
