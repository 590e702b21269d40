// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Command line options of the form {@code --name value}. Unknown names are refused, because a
 * benchmark that silently ignores a mistyped option measures something else than it says.
 */
final class Options {

  private final Map<String, String> values = new HashMap<>();

  private Options() {}

  static Options parse(String[] args, Set<String> known) {
    Options options = new Options();
    for (int i = 0; i < args.length; i += 2) {
      String name = args[i].startsWith("--") ? args[i].substring(2) : "";
      if (!known.contains(name)) {
        throw new IllegalArgumentException(
            "unknown option " + args[i] + ", known are " + new TreeSet<>(known));
      }
      if (i + 1 == args.length) {
        throw new IllegalArgumentException("option --" + name + " needs a value");
      }
      options.values.put(name, args[i + 1]);
    }
    return options;
  }

  boolean has(String name) {
    return values.containsKey(name);
  }

  String text(String name, String otherwise) {
    return values.getOrDefault(name, otherwise);
  }

  String required(String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException("option --" + name + " is needed");
    }
    return value;
  }

  int number(String name, int otherwise) {
    String value = values.get(name);
    if (value == null) {
      return otherwise;
    }
    try {
      int number = Integer.parseInt(value);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below, as for a negative number.
    }
    throw new IllegalArgumentException("option --" + name + " wants a number, not " + value);
  }
}
