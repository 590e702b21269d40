// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A part of a configuration as it was written, before it is bound to a type. Immutable. */
public sealed interface ConfigNode {

  /**
   * Where it begins.
   *
   * @return file and line
   */
  Mark mark();

  /**
   * What it is, for an error.
   *
   * @return {@code a map}, {@code a list}, {@code nothing}, or the text in quotes
   */
  String shown();

  /**
   * Whether nothing was written, as after {@code key:}, or {@code null}.
   *
   * @return {@code false} for a map, a list and any other text
   */
  default boolean isNothing() {
    return false;
  }

  /** What stands where nothing was written. */
  static ScalarNode nothing(Mark mark) {
    return new ScalarNode(mark, "", true);
  }

  /**
   * Keys and values, in the order of the file.
   *
   * @param mark where it begins
   * @param entries by key; no key twice
   */
  record MapNode(Mark mark, Map<String, Entry> entries) implements ConfigNode {

    /** Takes a copy. */
    public MapNode {
      entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }

    Optional<Entry> entry(String key) {
      return Optional.ofNullable(entries.get(key));
    }

    @Override
    public String shown() {
      return "a map";
    }
  }

  /**
   * Values in order.
   *
   * @param mark where it begins
   * @param items the values
   */
  record ListNode(Mark mark, List<ConfigNode> items) implements ConfigNode {

    /** Takes a copy. */
    public ListNode {
      items = List.copyOf(items);
    }

    @Override
    public String shown() {
      return "a list";
    }
  }

  /**
   * A single value.
   *
   * @param mark where it begins
   * @param text without quotes, escapes resolved
   * @param plain whether it was written without quotes, so that it may be a number, or true or
   *     false
   */
  record ScalarNode(Mark mark, String text, boolean plain) implements ConfigNode {

    @Override
    public boolean isNothing() {
      return plain && (text.isEmpty() || text.equals("null") || text.equals("~"));
    }

    @Override
    public String shown() {
      return isNothing() ? "nothing" : Texts.quoted(text);
    }
  }

  /**
   * A key's place and its value.
   *
   * @param keyMark where the key stands
   * @param value what it holds
   */
  record Entry(Mark keyMark, ConfigNode value) {

    /** The line to name: a section's is that of its key, a value's its own. */
    Mark place() {
      return value instanceof ScalarNode && !value.isNothing() ? value.mark() : keyMark;
    }
  }
}
