// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.platform.config.ConfigNode.Entry;
import dev.sluice.platform.config.ConfigNode.ListNode;
import dev.sluice.platform.config.ConfigNode.MapNode;
import java.util.Optional;

/** Where each key of a loaded configuration was written, for what can only be checked later. */
public final class Marks {

  private final ConfigNode root;

  Marks(ConfigNode root) {
    this.root = root;
  }

  /**
   * Where a key was written.
   *
   * @param path the key
   * @return its line; where it was not written, that of the nearest section around it
   */
  public Mark at(KeyPath path) {
    Mark mark = root.mark();
    Optional<Entry> at = Optional.of(new Entry(mark, root));
    for (String key : path.keys()) {
      at = step(at.get().value(), key);
      if (at.isEmpty()) {
        break;
      }
      mark = at.get().place();
    }
    return mark;
  }

  /**
   * Whether a key was written at all.
   *
   * @param path the key
   * @return {@code false} if its default applies
   */
  public boolean isGiven(KeyPath path) {
    return given(path).isPresent();
  }

  private Optional<ConfigNode> given(KeyPath path) {
    Optional<ConfigNode> at = Optional.of(root);
    for (String key : path.keys()) {
      at = at.flatMap(node -> step(node, key)).map(Entry::value);
    }
    return at;
  }

  /** A key's value as it was written. */
  String shown(KeyPath path) {
    return given(path).map(ConfigNode::shown).orElse("nothing");
  }

  /**
   * A problem with a key's value.
   *
   * @param path the key
   * @param found what is there, in quotes if it is text
   * @param allowed what could be there, in words
   * @return the problem, with the key's line
   */
  public Problem problem(KeyPath path, String found, String allowed) {
    return Problem.of(at(path), path, found, allowed);
  }

  /**
   * A problem that is said in words of its own.
   *
   * @param path the key
   * @param message what is wrong, and what would be right
   * @return the problem, with the key's line
   */
  public Problem problem(KeyPath path, String message) {
    return Problem.general(at(path), path, message);
  }

  Problem missing(KeyPath path, String required) {
    return Problem.missing(at(path), path, required);
  }

  private static Optional<Entry> step(ConfigNode node, String key) {
    if (node instanceof MapNode map) {
      return map.entry(key);
    }
    if (node instanceof ListNode list && key.matches("[0-9]{1,9}")) {
      return list.items().stream()
          .skip(Integer.parseInt(key))
          .findFirst()
          .map(item -> new Entry(item.mark(), item));
    }
    return Optional.empty();
  }
}
