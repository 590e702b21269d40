// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Guesses what a mistyped name was meant to be. */
public final class Suggestion {

  private static final int LONGEST = 64;

  private Suggestion() {}

  /**
   * The name that is nearest, if it is near enough to be worth asking.
   *
   * @param typed not one of the names
   * @param names those that there are
   * @return none that differs in its number alone: HTTP2 is no slip for HTTP1
   */
  public static Optional<String> of(String typed, List<String> names) {
    if (typed.length() > LONGEST) {
      return Optional.empty();
    }
    String word = folded(typed);
    String best = "";
    int least = Integer.MAX_VALUE;
    for (String name : names) {
      if (isAnotherNumber(word, folded(name))) {
        continue;
      }
      int distance = distance(word, folded(name));
      if (distance < least) {
        least = distance;
        best = name;
      }
    }
    if (least <= Math.max(1, word.length() / 3)) {
      return Optional.of(best);
    }
    return names.stream().filter(name -> isPart(word, folded(name))).findFirst();
  }

  private static boolean isAnotherNumber(String word, String name) {
    String number = word.replaceAll("[^0-9]", "");
    String other = name.replaceAll("[^0-9]", "");
    return !number.isEmpty()
        && !other.isEmpty()
        && !number.equals(other)
        && word.replaceAll("[0-9]", "").equals(name.replaceAll("[0-9]", ""));
  }

  /** {@code trusted_ca} is meant to be {@code trusted_ca_file}. */
  private static boolean isPart(String word, String name) {
    return word.length() > 3 && (name.startsWith(word) || word.startsWith(name));
  }

  /** {@code bindAddress} and {@code bind-address} are meant to be {@code bind_address}. */
  private static String folded(String name) {
    return name.replaceAll("[-_ ]", "").toLowerCase(Locale.ROOT);
  }

  /** How many letters to put in, take out or change (Levenshtein). */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int change = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(change, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
