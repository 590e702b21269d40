// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.mqttbroker;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Filters by their levels, so that a message costs what its topic has levels, and not what there
 * are subscriptions. Not for several threads.
 */
final class SubscriptionTree {

  private static final class Node {
    final Map<String, Node> below = new HashMap<>(2);
    final Map<Client, Subscription> here = new LinkedHashMap<>(2);
  }

  private final Node root = new Node();

  /** Whether it is a new one. */
  boolean add(Client client, Subscription subscription) {
    Node node = root;
    for (String level : Topics.levels(subscription.filter())) {
      node = node.below.computeIfAbsent(level, unused -> new Node());
    }
    return node.here.put(client, subscription) == null;
  }

  /** Whether it was there. */
  boolean remove(Client client, String filter) {
    return remove(root, Topics.levels(filter), 0, client);
  }

  private static boolean remove(Node node, List<String> levels, int depth, Client client) {
    if (depth == levels.size()) {
      return node.here.remove(client) != null;
    }
    String level = levels.get(depth);
    Node below = node.below.get(level);
    if (below == null) {
      return false;
    }
    boolean removed = remove(below, levels, depth + 1, client);
    if (below.here.isEmpty() && below.below.isEmpty()) {
      node.below.remove(level);
    }
    return removed;
  }

  boolean isEmpty() {
    return root.below.isEmpty();
  }

  /** Who wants a message; by several of its filters perhaps, and then several times. */
  void match(String topic, BiConsumer<Client, Subscription> found) {
    match(root, Topics.levels(topic), 0, Topics.hiddenFromWildcards(topic), found);
  }

  private static void match(
      Node node,
      List<String> levels,
      int depth,
      boolean hidden,
      BiConsumer<Client, Subscription> found) {
    boolean wild = !hidden || depth > 0;
    if (wild) {
      visit(node.below.get("#"), found);
    }
    if (depth == levels.size()) {
      visit(node, found);
      return;
    }
    Node named = node.below.get(levels.get(depth));
    if (named != null) {
      match(named, levels, depth + 1, hidden, found);
    }
    Node any = wild ? node.below.get("+") : null;
    if (any != null) {
      match(any, levels, depth + 1, hidden, found);
    }
  }

  private static void visit(@Nullable Node node, BiConsumer<Client, Subscription> found) {
    if (node != null) {
      node.here.forEach(found);
    }
  }
}
