// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The tree finds what a look through all templates, the closest first, would find. */
class RouteTreeTest {

  private static final List<String> SEGMENTS = List.of("a", "b", "", "{x}", "{y}");
  private static final List<String> WORDS = List.of("a", "b", "c", "", "abcdefgh", "{x}");

  private record Added(String template, String method) {}

  @Test
  void findsWhatALookThroughAllWouldFind() {
    Random random = new Random(3);
    int found = 0;
    for (int i = 0; i < 2_000; i++) {
      RouteTree tree = new RouteTree();
      List<Added> all = new ArrayList<>();
      for (int j = 0; j < 12; j++) {
        Added one = new Added(template(random), random.nextBoolean() ? "GET" : "PUT");
        RouteTree.Route route = tree.at(PathTemplate.parse(one.template));
        if (route.template().toString().equals(one.template)
            && route.methods().putIfAbsent(one.method, call -> {}) == null) {
          all.add(one);
        }
      }
      all.sort(Comparator.comparing(Added::template, RouteTreeTest::compare));
      for (int j = 0; j < 20; j++) {
        String path = path(random);
        RouteTree.Route route = tree.find(path, "GET");
        String expected = first(all, path);
        assertThat(route == null ? null : route.template().toString())
            .as("%s in %s", path, all)
            .isEqualTo(expected);
        Set<String> methods = new LinkedHashSet<>();
        tree.collectMethods(path, "NONE", methods);
        assertThat(methods).isEqualTo(methods(all, path));
        found += expected == null ? 0 : 1;
      }
    }
    assertThat(found).as("paths that were found").isGreaterThan(5_000);
  }

  @Test
  void wordsOfALargeTableAreAllFound() {
    WordTable<Integer> table = new WordTable<>();
    assertThat(table.find("x", 0, 1)).isNull();
    for (int i = 0; i < 500; i++) {
      table.put("word" + i, i);
    }
    for (int i = 0; i < 500; i++) {
      String path = "/word" + i + "/word";
      assertThat(table.find(path, 1, path.length() - 5)).isEqualTo(i);
    }
    assertThat(table.find("word500", 0, 7)).isNull();
    assertThat(table.find("word50", 0, 4)).isNull();
  }

  private static String template(Random random) {
    StringBuilder template = new StringBuilder();
    int length = 1 + random.nextInt(3);
    Set<String> parameters = new LinkedHashSet<>();
    for (int i = 0; i < length; i++) {
      String segment = SEGMENTS.get(random.nextInt(SEGMENTS.size()));
      boolean twice = segment.startsWith("{") && !parameters.add(segment);
      template.append('/').append(twice ? "b" : segment);
    }
    return random.nextInt(3) == 0 ? template + "/{rest*}" : template.toString();
  }

  private static String path(Random random) {
    StringBuilder path = new StringBuilder();
    int length = 1 + random.nextInt(4);
    for (int i = 0; i < length; i++) {
      path.append('/').append(WORDS.get(random.nextInt(WORDS.size())));
    }
    return path.toString();
  }

  // ---- the look through all

  private static @Nullable String first(List<Added> sorted, String path) {
    for (Added one : sorted) {
      if (one.method.equals("GET") && fits(one.template, path)) {
        return one.template;
      }
    }
    return null;
  }

  private static Set<String> methods(List<Added> sorted, String path) {
    Set<String> methods = new LinkedHashSet<>();
    for (Added one : sorted) {
      if (fits(one.template, path)) {
        methods.add(one.method);
      }
    }
    return methods;
  }

  private static boolean fits(String template, String path) {
    String[] segments = template.substring(1).split("/", -1);
    String[] words = path.substring(1).split("/", -1);
    boolean open = template.endsWith("*}");
    int fixed = open ? segments.length - 1 : segments.length;
    if (open ? words.length < fixed : words.length != fixed) {
      return false;
    }
    for (int i = 0; i < fixed; i++) {
      if (rank(segments[i]) == 0 ? !segments[i].equals(words[i]) : words[i].isEmpty()) {
        return false;
      }
    }
    return true;
  }

  private static int compare(String one, String other) {
    String[] a = one.substring(1).split("/", -1);
    String[] b = other.substring(1).split("/", -1);
    for (int i = 0; i < Math.min(a.length, b.length); i++) {
      if (rank(a[i]) != rank(b[i])) {
        return Integer.compare(rank(a[i]), rank(b[i]));
      }
    }
    return Integer.compare(b.length, a.length);
  }

  private static int rank(String segment) {
    return segment.endsWith("*}") ? 2 : segment.startsWith("{") ? 1 : 0;
  }
}
