// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Endpoints by the segments of their templates. Of several that fit a path and have the method the
 * closest is found: at the first segment where they differ a word goes before a parameter, and that
 * before an open end; where one ends with the path and another has an open end that takes nothing,
 * the latter. Put together by one thread before the first search; then for any thread.
 */
final class RouteTree {

  private final Node root = new Node();

  /** What answers at one template, by method. */
  record Route(PathTemplate template, Map<String, Endpoint> methods) {

    @Nullable Endpoint endpoint(String method) {
      Endpoint own = methods.get(method);
      return own == null && method.equals("HEAD") ? methods.get("GET") : own;
    }
  }

  private static final class Node {
    private final WordTable<Node> words = new WordTable<>();
    private @Nullable Node parameter;
    private @Nullable Route openEnd;
    private @Nullable Route own;
  }

  /** The route of what fits the same paths, which may have other names for its parameters. */
  Route at(PathTemplate template) {
    Node node = root;
    int fixed = template.openEnded() ? template.length() - 1 : template.length();
    for (int i = 0; i < fixed; i++) {
      String word = template.word(i);
      Node next = word == null ? node.parameter : node.words.find(word, 0, word.length());
      if (next == null) {
        next = new Node();
        if (word == null) {
          node.parameter = next;
        } else {
          node.words.put(word, next);
        }
      }
      node = next;
    }
    Route known = template.openEnded() ? node.openEnd : node.own;
    if (known != null) {
      return known;
    }
    Route made = new Route(template, new LinkedHashMap<>());
    if (template.openEnded()) {
      node.openEnd = made;
    } else {
      node.own = made;
    }
    return made;
  }

  /** Null: none that fits has the method. */
  @Nullable Route find(String path, String method) {
    return find(root, path, 1, method, null);
  }

  /** The methods of all that fit, the closest first. */
  void collectMethods(String path, String method, Set<String> to) {
    Route unused = find(root, path, 1, method, to);
  }

  /**
   * Looks below a node.
   *
   * @param at where the path's next segment begins; -1: it has none
   * @param others gets the methods of those that fit and lack this one
   */
  private static @Nullable Route find(
      Node node, String path, int at, String method, @Nullable Set<String> others) {
    if (at >= 0) {
      int slash = path.indexOf('/', at);
      int end = slash < 0 ? path.length() : slash;
      int next = slash < 0 ? -1 : slash + 1;
      Node word = node.words.find(path, at, end);
      Route found = word == null ? null : find(word, path, next, method, others);
      if (found != null) {
        return found;
      }
      Node parameter = end > at ? node.parameter : null;
      found = parameter == null ? null : find(parameter, path, next, method, others);
      if (found != null) {
        return found;
      }
    }
    if (serves(node.openEnd, method, others)) {
      return node.openEnd;
    }
    return at < 0 && serves(node.own, method, others) ? node.own : null;
  }

  private static boolean serves(
      @Nullable Route route, String method, @Nullable Set<String> others) {
    if (route == null) {
      return false;
    }
    if (route.endpoint(method) != null) {
      return true;
    }
    if (others != null) {
      others.addAll(route.methods.keySet());
    }
    return false;
  }
}
