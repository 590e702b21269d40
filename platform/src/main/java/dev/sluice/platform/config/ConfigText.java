// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.platform.config.ConfigNode.ListNode;
import dev.sluice.platform.config.ConfigNode.MapNode;
import dev.sluice.platform.config.ConfigNode.ScalarNode;

/** A part of a configuration as one line of text that says the same again when it is read. */
public final class ConfigText {

  private ConfigText() {}

  /**
   * The text, in YAML's flow style: what was quoted stays text, and all else what it was.
   *
   * @param node to be written
   * @return one line
   */
  public static String of(ConfigNode node) {
    StringBuilder out = new StringBuilder();
    write(node, out);
    return out.toString();
  }

  private static void write(ConfigNode node, StringBuilder out) {
    if (node instanceof MapNode map) {
      String separator = "{";
      for (String key : map.entries().keySet()) {
        out.append(separator);
        quote(key, out);
        out.append(": ");
        map.entry(key).ifPresent(entry -> write(entry.value(), out));
        separator = ", ";
      }
      out.append(map.entries().isEmpty() ? "{}" : "}");
    } else if (node instanceof ListNode list) {
      String separator = "[";
      for (ConfigNode item : list.items()) {
        out.append(separator);
        write(item, out);
        separator = ", ";
      }
      out.append(list.items().isEmpty() ? "[]" : "]");
    } else if (node instanceof ScalarNode scalar) {
      write(scalar, out);
    }
  }

  private static void write(ScalarNode scalar, StringBuilder out) {
    if (scalar.isNothing()) {
      out.append("null");
    } else if (scalar.plain()
        && scalar.text().matches("-?[A-Za-z0-9]([A-Za-z0-9_./+ -]*[A-Za-z0-9])?")) {
      out.append(scalar.text());
    } else {
      quote(scalar.text(), out);
    }
  }

  /** As JSON has it, which YAML takes. */
  private static void quote(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char letter = text.charAt(i);
      if (letter == '"' || letter == '\\') {
        out.append('\\').append(letter);
      } else if (isSpecial(letter)) {
        out.append(String.format("\\u%04x", (int) letter));
      } else {
        out.append(letter);
      }
    }
    out.append('"');
  }

  /** What YAML takes for a break, or does not take. */
  private static boolean isSpecial(char letter) {
    return letter < ' '
        || (letter >= 0x7f && letter < 0xa0)
        || letter == 0x2028
        || letter == 0x2029
        || letter >= 0xfeff;
  }
}
