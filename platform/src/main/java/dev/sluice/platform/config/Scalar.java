// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.platform.config.ConfigNode.ScalarNode;
import dev.sluice.platform.config.ValueType.Range;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A type whose values are written as a single word or text.
 *
 * @param noun what it is, with its article; a range may follow
 * @param hint how it is written, after the range; empty if the noun says enough
 * @param ranged whether its values can have a least and a greatest
 * @param schema how JSON Schema describes it
 * @param reader reads it
 */
record Scalar<T>(String noun, String hint, boolean ranged, Schema schema, Reader<T> reader) {

  /** Turns text into a value. */
  interface Reader<T> {

    /**
     * The value.
     *
     * @return {@code null} if the text has not the form that noun and hint describe
     * @throws NotAllowed where something more helpful than noun and hint can be said
     */
    @Nullable T read(ScalarNode node) throws NotAllowed;
  }

  /**
   * The JSON Schema of a scalar.
   *
   * @param type the JSON type
   * @param pattern of a string; empty: any
   * @param values of a string; empty: any
   */
  record Schema(String type, String pattern, List<String> values) {

    static Schema of(String type) {
      return new Schema(type, "", List.of());
    }
  }

  T read(ScalarNode node, Range<T> range) throws NotAllowed {
    T value = node.isNothing() ? null : reader.read(node);
    if (value == null) {
      throw new NotAllowed(allowed(range));
    }
    return value;
  }

  String allowed(Range<T> range) {
    String text = range.said(noun);
    return hint.isEmpty() ? text : text + (text.equals(noun) ? " " : ", ") + hint;
  }
}
