// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import java.util.List;

/** How errors show what was found and what is allowed. */
final class Texts {

  private static final int LONGEST = 80;

  private Texts() {}

  static String quoted(String found) {
    return "'" + plain(found) + "'";
  }

  /** On one line and of bounded length, whatever the file holds. */
  static String plain(String found) {
    StringBuilder shown = new StringBuilder();
    found
        .codePoints()
        .limit(LONGEST)
        .forEach(
            c -> {
              if (Character.isISOControl(c) || c == 0x2028 || c == 0x2029) {
                shown.append(String.format("\\u%04x", c));
              } else {
                shown.appendCodePoint(c);
              }
            });
    if (found.codePoints().skip(LONGEST).findAny().isPresent()) {
      shown.append("...");
    }
    return shown.toString();
  }

  /** {@code none, request or require}. */
  static String either(List<String> names) {
    return joined(names, " or ");
  }

  /** {@code cert_file and key_file}. */
  static String all(List<String> names) {
    return joined(names, " and ");
  }

  private static String joined(List<String> names, String lastJoint) {
    int last = names.size() - 1;
    return last < 1
        ? String.join("", names)
        : String.join(", ", names.subList(0, last)) + lastJoint + names.get(last);
  }
}
