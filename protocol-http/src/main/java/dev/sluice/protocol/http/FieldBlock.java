// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.rpc.RpcHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;

/**
 * The fields of one head or of one body's trailers, in the bytes that they came in: names and
 * values become texts when they are asked for. Never written to: any thread.
 */
public final class FieldBlock implements RpcHeaders {

  /** Where a name begins and ends, and its value. */
  public static final int BOUNDS = 4;

  /** No fields. */
  public static final FieldBlock EMPTY = new FieldBlock(new byte[0], new int[0], 0);

  private static final int NAME_END = 1;
  private static final int VALUE = 2;
  private static final int VALUE_END = 3;

  private final byte[] bytes;
  private final int[] bounds;
  private final int count;

  /**
   * Fields that were found to be valid.
   *
   * @param bytes hold them, as ISO-8859-1; not written to any more
   * @param bounds {@link #BOUNDS} for each field; not written to any more
   * @param count how many fields there are
   */
  public FieldBlock(byte[] bytes, int[] bounds, int count) {
    this.bytes = bytes;
    this.bounds = bounds;
    this.count = count;
  }

  /**
   * Finds a field.
   *
   * @param name in any case
   * @param from the first to look at
   * @return its index; -1: there is none
   */
  public int find(CharSequence name, int from) {
    int length = name.length();
    for (int i = from; i < count; i++) {
      int start = bounds[BOUNDS * i];
      if (bounds[BOUNDS * i + NAME_END] - start == length && isName(name, start, length)) {
        return i;
      }
    }
    return -1;
  }

  private boolean isName(CharSequence name, int start, int length) {
    for (int i = 0; i < length; i++) {
      if (lower(name.charAt(i)) != lower((char) bytes[start + i])) {
        return false;
      }
    }
    return true;
  }

  /** Names are ASCII. */
  private static int lower(char c) {
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
  }

  /**
   * Whether there is a field.
   *
   * @param name in any case
   * @return {@code true} for one or more
   */
  public boolean contains(CharSequence name) {
    return find(name, 0) >= 0;
  }

  /**
   * The name of a field.
   *
   * @param index from 0
   * @return as it came
   */
  public String name(int index) {
    return text(bounds[BOUNDS * index], bounds[BOUNDS * index + NAME_END]);
  }

  /**
   * The value of a field.
   *
   * @param index from 0
   * @return as it came, without the white space around it
   */
  public String value(int index) {
    return text(bounds[BOUNDS * index + VALUE], bounds[BOUNDS * index + VALUE_END]);
  }

  /**
   * Whether the value of a field is a certain one, in the same case.
   *
   * @param index from 0
   * @param text the value
   * @return without making a text of the field's own
   */
  public boolean hasValue(int index, String text) {
    int start = bounds[BOUNDS * index + VALUE];
    int length = text.length();
    if (bounds[BOUNDS * index + VALUE_END] - start != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if ((bytes[start + i] & 0xff) != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private String text(int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
  }

  @Override
  public Optional<String> first(CharSequence name) {
    int index = find(name, 0);
    return index < 0 ? Optional.empty() : Optional.of(value(index));
  }

  @Override
  public List<String> all(CharSequence name) {
    int index = find(name, 0);
    if (index < 0) {
      return List.of();
    }
    List<String> values = new ArrayList<>(1);
    for (; index >= 0; index = find(name, index + 1)) {
      values.add(value(index));
    }
    return values;
  }

  @Override
  public void forEach(BiConsumer<? super String, ? super String> action) {
    for (int i = 0; i < count; i++) {
      action.accept(name(i), value(i));
    }
  }

  @Override
  public int size() {
    return count;
  }
}
