// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which path fits which template, and which template goes first. */
class PathTemplateTest {

  private static Optional<Map<String, String>> match(String template, String path) {
    PathTemplate parsed = PathTemplate.parse(template);
    String[] words = PathTemplate.words(path);
    return parsed.fits(words) ? Optional.of(parsed.parameters(words)) : Optional.empty();
  }

  @ParameterizedTest
  @CsvSource({
    "/, /, ''",
    "/a, /a, ''",
    "/a/, /a/, ''",
    "/a/{id}, /a/7, id=7",
    "/a/{id}/b/{x}, /a/7/b/%2F, 'id=7 x=%2F'",
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

  @Test
  void wordsGoBeforeParametersAndThoseBeforeARest() {
    List<String> sorted =
        List.of("/{rest*}", "/{a}/b", "/a/{rest*}", "/a/{b}", "/a/b", "/{a}/{b}", "/a").stream()
            .map(PathTemplate::parse)
            .sorted()
            .map(PathTemplate::toString)
            .toList();
    assertThat(sorted)
        .containsExactly("/a/b", "/a/{b}", "/a/{rest*}", "/a", "/{a}/b", "/{a}/{b}", "/{rest*}");
  }
}
