// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

/**
 * Patterns with {@code *}, {@code ?}, {@code [a-z]}, {@code [^a]} and {@code \}. Takes at most the
 * pattern's length times the text's, whatever both are: after a second star the first is never
 * looked at again.
 */
final class Glob {

  private Glob() {}

  static boolean matches(byte[] pattern, byte[] text) {
    int at = 0;
    int in = 0;
    int star = -1;
    int retry = 0;
    while (in < text.length) {
      if (at < pattern.length && pattern[at] == '*') {
        star = ++at;
        retry = in;
        continue;
      }
      int next = at < pattern.length ? behindOne(pattern, at, text[in]) : -1;
      if (next >= 0) {
        at = next;
        in++;
      } else if (star >= 0) {
        at = star;
        in = ++retry;
      } else {
        return false;
      }
    }
    while (at < pattern.length && pattern[at] == '*') {
      at++;
    }
    return at == pattern.length;
  }

  /** Where the pattern goes on behind a character that it takes; -1: it does not take it. */
  private static int behindOne(byte[] pattern, int at, byte character) {
    return switch (pattern[at]) {
      case '?' -> at + 1;
      case '[' -> behindSet(pattern, at + 1, character);
      case '\\' -> {
        int literal = at + 1 < pattern.length ? at + 1 : at;
        yield pattern[literal] == character ? literal + 1 : -1;
      }
      default -> pattern[at] == character ? at + 1 : -1;
    };
  }

  private static int behindSet(byte[] pattern, int from, byte character) {
    int at = from;
    boolean not = at < pattern.length && pattern[at] == '^';
    if (not) {
      at++;
    }
    boolean found = false;
    while (at < pattern.length && pattern[at] != ']') {
      if (pattern[at] == '\\' && at + 1 < pattern.length) {
        at++;
      }
      if (at + 2 < pattern.length && pattern[at + 1] == '-' && pattern[at + 2] != ']') {
        int low = Math.min(pattern[at] & 0xff, pattern[at + 2] & 0xff);
        int high = Math.max(pattern[at] & 0xff, pattern[at + 2] & 0xff);
        int asked = character & 0xff;
        found |= asked >= low && asked <= high;
        at += 3;
      } else {
        found |= pattern[at] == character;
        at++;
      }
    }
    return found != not ? Math.min(at + 1, pattern.length) : -1;
  }
}
