// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.util.Locale;

/** What the words of a command mean. */
final class Words {

  private static final int MOST_DIGITS = 20;
  private static final int MOST_SHOWN = 64;

  private Words() {}

  static String lower(byte[] word) {
    return word.length > MOST_SHOWN
        ? printable(word)
        : new String(word, ISO_8859_1).toLowerCase(Locale.ROOT);
  }

  static boolean is(byte[] word, String expected) {
    return word.length == expected.length() && lower(word).equals(expected);
  }

  /** Fit for the one line of an error. */
  static String printable(byte[] word) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < Math.min(word.length, MOST_SHOWN); i++) {
      text.append(word[i] >= ' ' && word[i] < 127 ? (char) word[i] : '?');
    }
    return text.toString();
  }

  static long integer(byte[] word) {
    if (word.length == 0 || word.length > MOST_DIGITS || word[0] == '+') {
      throw CommandException.notAnInteger();
    }
    try {
      return Long.parseLong(new String(word, ISO_8859_1));
    } catch (NumberFormatException e) {
      throw CommandException.notAnInteger();
    }
  }

  /** When what is to be kept for so long expires. */
  static long expiry(String command, byte[] word, boolean seconds, long now) {
    long expiry = expiryOrPast(command, integer(word), seconds, now);
    if (expiry <= now) {
      throw invalidExpiry(command);
    }
    return expiry;
  }

  /** As above, where it may have been long ago. */
  static long expiryOrPast(String command, long time, boolean seconds, long now) {
    try {
      return Math.addExact(now, seconds ? Math.multiplyExact(time, 1000L) : time);
    } catch (ArithmeticException e) {
      throw invalidExpiry(command);
    }
  }

  private static CommandException invalidExpiry(String command) {
    return new CommandException("ERR invalid expire time in '" + command + "' command");
  }
}
