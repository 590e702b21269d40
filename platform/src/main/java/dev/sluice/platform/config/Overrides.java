// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.platform.config.ConfigNode.Entry;
import dev.sluice.platform.config.ConfigNode.MapNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Puts {@code key=value} texts from the command line over a file's tree.
 *
 * <p>A dot always parts two keys. A key that has a dot in it is put in single or double quotes; we
 * don't try the longest match, since a key added to the file would then change what an old command
 * line means.
 */
final class Overrides {

  /** How the source of an override's mark begins. */
  static final String OPTION = "--set ";

  private static final Pattern KEY =
      Pattern.compile("\"((?:[^\"\\\\]|\\\\[\"\\\\])+)\"|'([^']+)'|([^\\s.=\"'\\[\\]]+)");

  private Overrides() {}

  /**
   * The tree with all overrides in it; of two with the same key, the later one wins.
   *
   * @throws ConfigurationException with a problem for each that can't be read or has no place
   */
  static ConfigNode apply(ConfigNode root, List<String> overrides) {
    Problems problems = new Problems();
    ConfigNode result = root;
    for (String override : overrides) {
      try {
        result = apply(result, override);
      } catch (ConfigurationException e) {
        e.problems().forEach(problems::add);
      }
    }
    problems.throwIfAny();
    return result;
  }

  private static ConfigNode apply(ConfigNode root, String override) {
    List<String> keys = new ArrayList<>();
    Matcher matcher = KEY.matcher(override);
    int at = 0;
    while (true) {
      if (!matcher.find(at) || matcher.start() != at || matcher.end() == override.length()) {
        throw malformed(override);
      }
      keys.add(key(matcher));
      at = matcher.end() + 1;
      char next = override.charAt(matcher.end());
      if (next == '=') {
        break;
      }
      if (next != '.') {
        throw malformed(override);
      }
    }
    KeyPath path = KeyPath.of(keys.toArray(String[]::new));
    Mark mark = Mark.whole(OPTION + path);
    ConfigNode value = YamlTree.ofValue(mark.source(), override.substring(at));
    return put(root, keys, 0, KeyPath.ROOT, new Entry(mark, value));
  }

  private static String key(Matcher matcher) {
    if (matcher.group(1) != null) {
      return matcher.group(1).replaceAll("\\\\(.)", "$1");
    }
    return matcher.group(2) != null ? matcher.group(2) : matcher.group(3);
  }

  private static ConfigurationException malformed(String override) {
    return new ConfigurationException(
        Problem.of(
            Mark.whole(OPTION.strip()),
            KeyPath.ROOT,
            Texts.quoted(override),
            "key=value, keys parted by dots, a key with a dot in it in quotes"));
  }

  private static ConfigNode put(
      ConfigNode node, List<String> keys, int depth, KeyPath path, Entry entry) {
    if (depth == keys.size()) {
      return entry.value();
    }
    Map<String, Entry> entries = new LinkedHashMap<>();
    if (node instanceof MapNode map) {
      entries.putAll(map.entries());
    } else if (!node.isNothing()) {
      throw new ConfigurationException(
          Problem.of(entry.keyMark(), path, node.shown() + " at " + node.mark(), "a map"));
    }
    String key = keys.get(depth);
    Entry fresh = new Entry(entry.keyMark(), ConfigNode.nothing(entry.keyMark()));
    Entry old = entries.getOrDefault(key, fresh);
    ConfigNode changed = put(old.value(), keys, depth + 1, path.key(key), entry);
    boolean replaced = depth == keys.size() - 1;
    entries.put(key, new Entry(replaced ? entry.keyMark() : old.keyMark(), changed));
    return new MapNode(node.mark(), entries);
  }
}
