// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The parameters of one path: few enough to be looked through. Never written to: any thread. */
final class PathParameters extends AbstractMap<String, String> {

  private final List<String> names;
  private final String[] values;

  private PathParameters(List<String> names, String[] values) {
    this.names = names;
    this.values = values;
  }

  /**
   * Decodes the values, in place.
   *
   * @param names not written to any more
   * @param encoded as they are in the path; not written to any more
   * @return null where a value's bytes are no UTF-8
   */
  static @Nullable PathParameters of(List<String> names, String[] encoded) {
    for (int i = 0; i < encoded.length; i++) {
      String value = decode(encoded[i]);
      if (value == null) {
        return null;
      }
      encoded[i] = value;
    }
    return new PathParameters(names, encoded);
  }

  @Override
  public @Nullable String get(@Nullable Object name) {
    int index = names.indexOf(name);
    return index < 0 ? null : values[index];
  }

  @Override
  public boolean containsKey(@Nullable Object name) {
    return names.contains(name);
  }

  @Override
  public int size() {
    return values.length;
  }

  @Override
  public Set<Map.Entry<String, String>> entrySet() {
    List<Map.Entry<String, String>> entries = new ArrayList<>(values.length);
    for (int i = 0; i < values.length; i++) {
      entries.add(Map.entry(names.get(i), values[i]));
    }
    return Set.copyOf(entries);
  }

  /** Null where the bytes are no UTF-8. The path's syntax was checked with the request. */
  private static @Nullable String decode(String text) {
    if (text.indexOf('%') < 0) {
      return text;
    }
    ByteBuffer bytes = ByteBuffer.allocate(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '%' && i + 2 < text.length()) {
        int high = Character.digit(text.charAt(i + 1), 16);
        int low = Character.digit(text.charAt(i + 2), 16);
        if (high < 0 || low < 0) {
          return null;
        }
        bytes.put((byte) (high << 4 | low));
        i += 2;
      } else if (c == '%') {
        return null;
      } else {
        bytes.put((byte) c);
      }
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }
}
