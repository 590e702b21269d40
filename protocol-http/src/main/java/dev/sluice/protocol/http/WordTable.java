// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import org.jspecify.annotations.Nullable;

/**
 * Values by words, which are found as parts of longer texts without being cut out of them. Put
 * together by one thread before the first search; then for any thread.
 */
final class WordTable<T> {

  private static final int FEW = 4;

  // Open addressing, at most half full; null while there is no word.
  private String @Nullable [] words;
  private Object @Nullable [] values;
  private int size;

  /**
   * Adds a word that is not there yet.
   *
   * @param word any
   * @param value its value
   */
  void put(String word, T value) {
    String[] before = words;
    Object[] valuesBefore = values;
    if (before == null || valuesBefore == null) {
      insert(new String[FEW], new Object[FEW], word, value);
    } else if (2 * (size + 1) > before.length) {
      String[] larger = new String[2 * before.length];
      Object[] largerValues = new Object[2 * before.length];
      for (int i = 0; i < before.length; i++) {
        if (before[i] != null) {
          insert(larger, largerValues, before[i], valuesBefore[i]);
        }
      }
      insert(larger, largerValues, word, value);
    } else {
      insert(before, valuesBefore, word, value);
    }
    size++;
  }

  private void insert(String[] into, Object[] valuesInto, String word, Object value) {
    int slot = slot(into, word, 0, word.length());
    into[slot] = word;
    valuesInto[slot] = value;
    words = into;
    values = valuesInto;
  }

  /**
   * The value of a word.
   *
   * @param text holds it
   * @param from its first character
   * @param to behind its last
   * @return null where there is none
   */
  @SuppressWarnings("unchecked") // Only such values are put in.
  @Nullable T find(String text, int from, int to) {
    String[] known = words;
    Object[] of = values;
    return known == null || of == null ? null : (T) of[slot(known, text, from, to)];
  }

  /** Where the word is, or would be. */
  private static int slot(String[] words, String text, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + text.charAt(i);
    }
    int mask = words.length - 1;
    int slot = (hash ^ hash >>> 16) & mask;
    while (words[slot] != null
        && (words[slot].length() != to - from
            || !words[slot].regionMatches(0, text, from, to - from))) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }
}
