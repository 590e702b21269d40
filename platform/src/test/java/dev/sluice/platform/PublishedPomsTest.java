// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * What others inherit says the same as what Sluice is built with: those files stand on their own.
 */
class PublishedPomsTest {

  private static final Path ROOT = Path.of("..");

  private static Element project(String folder) throws Exception {
    Document document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(ROOT.resolve(folder).resolve("pom.xml").toFile());
    return document.getDocumentElement();
  }

  private static Stream<Element> children(Element of) {
    List<Element> found = new ArrayList<>();
    for (Node node = of.getFirstChild(); node != null; node = node.getNextSibling()) {
      if (node instanceof Element element) {
        found.add(element);
      }
    }
    return found.stream();
  }

  private static Element child(Element of, String name) {
    return children(of).filter(each -> each.getTagName().equals(name)).findFirst().orElseThrow();
  }

  private static Map<String, String> properties(Element project) {
    Map<String, String> found = new LinkedHashMap<>();
    children(child(project, "properties"))
        .forEach(each -> found.put(each.getTagName(), each.getTextContent()));
    return found;
  }

  @ParameterizedTest
  @ValueSource(strings = {"bom", "plugin-parent"})
  void versionsAreThoseOfTheBuild(String folder) throws Exception {
    Element published = project(folder);
    Map<String, String> ours = properties(project(""));
    String version = child(project(""), "version").getTextContent();
    assertThat(child(published, "version").getTextContent()).isEqualTo(version);
    Map<String, String> theirs = properties(published);
    assertThat(theirs.getOrDefault("sluice.version", version)).isEqualTo(version);
    assertThat(theirs).hasSizeGreaterThanOrEqualTo(3);
    theirs.forEach(
        (name, value) -> assertThat(ours.getOrDefault(name, value)).as(name).isEqualTo(value));
  }

  /** Examples, what projects are made by and the build's own tools are nobody's dependencies. */
  @Test
  void theBomNamesEveryModuleThatOthersDependOn() throws Exception {
    List<String> modules = new ArrayList<>();
    children(child(project(""), "modules"))
        .map(Element::getTextContent)
        .filter(module -> !module.startsWith("examples/") && !module.startsWith("archetypes/"))
        .filter(
            module ->
                !List.of("bom", "plugin-parent", "maven-plugin", "benchmarks").contains(module))
        .forEach(
            module -> {
              assertThat(Files.isDirectory(ROOT.resolve(module))).isTrue();
              modules.add("sluice-" + module);
            });
    Element managed = child(child(project("bom"), "dependencyManagement"), "dependencies");

    assertThat(
            children(managed)
                .filter(each -> child(each, "groupId").getTextContent().equals("dev.sluice"))
                .map(each -> child(each, "artifactId").getTextContent()))
        .containsExactlyInAnyOrderElementsOf(modules);
  }
}
