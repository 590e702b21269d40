// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which path fits which template, and which template goes first. */
class PathTemplateTest {

  private static Optional<Map<String, String>> match(String template, String path) {
    RouteTree routes = new RouteTree();
    routes.at(PathTemplate.parse(template)).methods().put("GET", call -> {});
    return Optional.ofNullable(routes.find(path, "GET"))
        .map(route -> route.template().parameters(path));
  }

  @ParameterizedTest
  @CsvSource({
    "/, /, ''",
    "/a, /a, ''",
    "/a/, /a/, ''",
    "/a/{id}, /a/7, id=7",
    "/a/{id}/b/{x}, /a/7/b/%2F, 'id=7 x=/'",
    "/f/{rest*}, /f/a/b, rest=a/b",
    "/f/{rest*}, /f/, rest=",
    "/f/{rest*}, /f, rest=",
    "/{a}/{rest*}, /x/y, 'a=x rest=y'",
  })
  void fits(String template, String path, String parameters) {
    Map<String, String> found = match(template, path).orElseThrow();
    Map<String, String> expected = new HashMap<>();
    for (String each : parameters.split(" ", 0)) {
      if (!each.isEmpty()) {
        String[] pair = each.split("=", -1);
        expected.put(pair[0], pair[1]);
      }
    }
    assertThat(found).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "/a, /b",
    "/a, /a/",
    "/a/, /a",
    "/a/{id}, /a",
    "/a/{id}, /a/",
    "/a/{id}, /a/1/2",
    "/f/{r*}, /g",
  })
  void doesNotFit(String template, String path) {
    assertThat(match(template, path)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"a", "", "/{}", "/{A}", "/x{a}", "/{a}x", "/{a*}/b", "/{a}/{a}", "/{a", "/a}"})
  void hasAForm(String template) {
    assertThatIllegalArgumentException().isThrownBy(() -> PathTemplate.parse(template));
  }

  @ParameterizedTest
  @CsvSource({
    "/a/b, '/a/b /a/{b} /a/{rest*} /{a}/b /{a}/{b} /{rest*}'",
    "/a, '/a/{rest*} /a /{rest*}'",
    "/b/b, '/{a}/b /{a}/{b} /{rest*}'",
    "/a/, '/a/{rest*} /{rest*}'",
  })
  void wordsGoBeforeParametersAndThoseBeforeARest(String path, String inOrder) {
    RouteTree routes = new RouteTree();
    for (String template :
        List.of("/{rest*}", "/{a}/b", "/a/{rest*}", "/a/{b}", "/a/b", "/{a}/{b}", "/a")) {
      routes.at(PathTemplate.parse(template)).methods().put(template, call -> {});
    }
    Set<String> fitting = new LinkedHashSet<>();
    routes.collectMethods(path, "NONE", fitting);
    assertThat(String.join(" ", fitting)).isEqualTo(inOrder);
    assertThat(Objects.requireNonNull(routes.find(path, fitting.iterator().next())).template())
        .hasToString(fitting.iterator().next());
  }
}
