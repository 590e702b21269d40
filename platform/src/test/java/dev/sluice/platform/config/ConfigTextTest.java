// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.platform.config.ConfigNode.Entry;
import dev.sluice.platform.config.ConfigNode.ListNode;
import dev.sluice.platform.config.ConfigNode.MapNode;
import dev.sluice.platform.config.ConfigNode.ScalarNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A configuration that was written as one line is read as it was. */
class ConfigTextTest {

  /** Without places: those differ. */
  private static String shape(ConfigNode node) {
    StringBuilder out = new StringBuilder();
    if (node instanceof MapNode map) {
      map.entries()
          .forEach((key, entry) -> out.append(key).append('=').append(shape(entry)).append(';'));
      return "{" + out + "}";
    } else if (node instanceof ListNode list) {
      list.items().forEach(item -> out.append(shape(item)).append(';'));
      return "[" + out + "]";
    }
    ScalarNode scalar = (ScalarNode) node;
    // What is no number and no word of YAML's is the same with and without quotes.
    boolean matters = scalar.text().matches("-?[0-9].*|true|false|null|~|");
    return scalar.isNothing() ? "nothing" : scalar.text() + (matters && scalar.plain() ? "!" : "");
  }

  private static String shape(Entry entry) {
    return shape(entry.value());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "max_line_length: 8KB",
        "a: -5\nb: 1.5e+3\nc: '7'\nd: true\ne: \"true\"\nf:\ng: ''",
        "a: [1, two, {b: c}]\nd: {}\ne: []",
        "a: \"quote \\\" and \\\\ and \\n and \\u0007\"",
        "a: 'it: looks, like {a} # map'",
        "a: http://host:80/path?x=1&y=2",
        "\"odd key: \": 'and \u2028 and \ud83d\ude00 and \u00e9'",
        "a: |\n  two\n  lines\n",
        "a: '- b'\nc: '@at'\nd: '%'\ne: '!tag'\nf: '~'",
      })
  void aMapIsReadAsItWas(String yaml) {
    ConfigNode read = YamlTree.ofFile("a", yaml);

    String text = ConfigText.of(read);

    assertThat(text.lines()).hasSize(1);
    assertThat(shape(YamlTree.ofFile("b", text))).isEqualTo(shape(read));
    assertThat(shape(YamlTree.ofFile("c", "key: " + text))).isEqualTo("{key=" + shape(read) + ";}");
  }

  @Test
  void whatIsSimpleStaysReadable() {
    assertThat(ConfigText.of(YamlTree.ofFile("a", "max: 8KB\nname: 'a b'\nlist: [1, x]")))
        .isEqualTo("{\"max\": 8KB, \"name\": \"a b\", \"list\": [1, x]}");
  }
}
