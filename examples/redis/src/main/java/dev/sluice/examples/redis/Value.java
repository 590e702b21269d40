// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is kept under a key. */
sealed interface Value {

  /** As {@code TYPE} answers it. */
  String type();

  /** What it costs to keep it, roughly. */
  long cost();

  /** A string. Never changes. */
  final class Text implements Value {

    private final byte[] bytes;

    Text(byte[] bytes) {
      this.bytes = bytes;
    }

    byte[] bytes() {
      return bytes;
    }

    @Override
    public String type() {
      return "string";
    }

    @Override
    public long cost() {
      return 16L + bytes.length;
    }
  }

  /** Fields with their values. Under the store's lock. */
  final class Hash implements Value {

    private static final int FIELD = 100;

    private final Map<Bytes, byte[]> fields = new HashMap<>();
    private long cost = FIELD;
    private long content;

    Map<Bytes, byte[]> fields() {
      return fields;
    }

    byte @Nullable [] get(byte[] field) {
      return fields.get(new Bytes(field));
    }

    /** By how much the cost grows at most where this is put. */
    static long growth(byte[] field, byte[] value) {
      return (long) FIELD + field.length + value.length;
    }

    /** Whether it is a new one. */
    boolean put(byte[] field, byte[] value) {
      byte[] before = fields.put(new Bytes(field), value);
      long grown = value.length;
      if (before == null) {
        cost += FIELD;
        grown += field.length;
      } else {
        grown -= before.length;
      }
      cost += grown;
      content += grown;
      return before == null;
    }

    boolean remove(byte[] field) {
      byte[] before = fields.remove(new Bytes(field));
      if (before != null) {
        long gone = (long) field.length + before.length;
        cost -= gone + FIELD;
        content -= gone;
      }
      return before != null;
    }

    /** The length of all fields and values. */
    long content() {
      return content;
    }

    @Override
    public String type() {
      return "hash";
    }

    @Override
    public long cost() {
      return cost;
    }
  }
}
