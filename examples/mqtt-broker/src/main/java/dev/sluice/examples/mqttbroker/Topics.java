// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.mqttbroker;

import java.util.ArrayList;
import java.util.List;

/** Topic names and filters (MQTT 5, section 4.7). */
final class Topics {

  /** Neither version bounds it; a bound keeps the tree of subscriptions flat. */
  static final int MOST_LEVELS = 32;

  private static final int MOST_CHARACTERS = 1024;

  private Topics() {}

  static boolean validName(String name) {
    return sane(name) && name.indexOf('+') < 0 && name.indexOf('#') < 0;
  }

  static boolean validFilter(String filter) {
    if (!sane(filter)) {
      return false;
    }
    List<String> levels = levels(filter);
    for (int i = 0; i < levels.size(); i++) {
      String level = levels.get(i);
      boolean wild = level.indexOf('+') >= 0 || level.indexOf('#') >= 0;
      boolean last = i == levels.size() - 1;
      if (wild && !level.equals("+") && !(level.equals("#") && last)) {
        return false;
      }
    }
    return true;
  }

  private static boolean sane(String text) {
    return !text.isEmpty()
        && text.length() <= MOST_CHARACTERS
        && text.indexOf('\0') < 0
        && text.chars().filter(character -> character == '/').count() < MOST_LEVELS;
  }

  static List<String> levels(String text) {
    List<String> levels = new ArrayList<>();
    int from = 0;
    for (int slash = text.indexOf('/'); slash >= 0; slash = text.indexOf('/', from)) {
      levels.add(text.substring(from, slash));
      from = slash + 1;
    }
    levels.add(text.substring(from));
    return levels;
  }

  /** Wildcards do not reach into the topics of servers themselves. */
  static boolean hiddenFromWildcards(String name) {
    return name.startsWith("$");
  }

  static boolean matches(String filter, String name) {
    List<String> wanted = levels(filter);
    List<String> levels = levels(name);
    String first = wanted.get(0);
    if (hiddenFromWildcards(name) && (first.equals("+") || first.equals("#"))) {
      return false;
    }
    for (int i = 0; i < wanted.size(); i++) {
      String level = wanted.get(i);
      if (level.equals("#")) {
        return true;
      }
      if (i == levels.size() || (!level.equals("+") && !level.equals(levels.get(i)))) {
        return false;
      }
    }
    return wanted.size() == levels.size();
  }
}
