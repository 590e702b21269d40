// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import static dev.sluice.platform.config.Texting.errorOf;
import static dev.sluice.platform.config.Texting.load;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * What is written for operators is what the records say. {@code -Dsluice.regenerate=true} rewrites
 * the generated files in place of comparing them.
 */
class ReferenceTest {

  private static final Path DOCS = Path.of("../docs/configuration.md");
  private static final Path CERTIFICATES = Path.of("../docs/certificates.md");
  private static final Path SCHEMA = Path.of("src/main/dist/conf/sluice.schema.json");
  private static final Path SHIPPED = Path.of("src/main/dist/conf/sluice.yaml");

  private static final String HOW =
      "%s is not what the records say; to rewrite it: mvn -pl platform -am test"
          + " -Dtest=ReferenceTest -Dsurefire.failIfNoSpecifiedTests=false"
          + " -Dsluice.regenerate=true";

  @Test
  void tablesOfTheReferenceAreThoseOfTheRecords() throws IOException {
    String text = Files.readString(DOCS);
    assertUpToDate(DOCS, text, ReferenceTables.renew(text));
    assertThat(ReferenceTables.tablesIn(text))
        .containsExactlyElementsOf(
            ReferenceTables.RECORDS.stream().map(Class::getSimpleName).toList());
  }

  @Test
  void everyKeyStandsInTheReferenceWithItsDefault() throws IOException {
    List<String> lines = Files.readAllLines(DOCS);
    ReferenceTables.RECORDS.stream()
        .flatMap(type -> TypeReader.ofNode(type).components().stream())
        .forEach(component -> assertThat(lines).contains(ReferenceTables.row(component)));
  }

  @Test
  void schemaIsThatOfTheRecords() throws IOException {
    String committed = Files.exists(SCHEMA) ? Files.readString(SCHEMA) : "";
    assertUpToDate(SCHEMA, committed, SchemaGenerator.generate());
  }

  @Test
  void examplesOfTheReferenceLoad() throws IOException {
    for (Path page : List.of(DOCS, CERTIFICATES)) {
      List<String> examples = blocks(page, "yaml");
      assertThat(examples).isNotEmpty();
      examples.forEach(example -> assertThat(load(example)).isNotNull());
    }
  }

  @Test
  void overridesOfTheReferenceFitItsFirstExample() throws IOException {
    String example = blocks("yaml").get(0);
    Pattern option = Pattern.compile("--set (?:'([^']*)'|(\\S+))");
    List<String> overrides =
        blocks("sh").stream()
            .flatMap(block -> option.matcher(block).results())
            .map(match -> match.group(1) != null ? match.group(1) : match.group(2))
            .toList();
    assertThat(overrides).isNotEmpty();
    assertThat(load(example, overrides.toArray(String[]::new))).isNotNull();
  }

  @Test
  void errorsOfTheReferenceAreThoseOfTheLoader() throws IOException {
    String wrong =
        blocks("yaml")
            .get(0)
            .replace("127.0.0.1:8443", "127.0.0.1:70000")
            .replace("idle_connection_timeout: 60s", "idle_conection_timeout: 60s");
    assertThat(blocks("text"))
        .contains(errorOf(wrong).replaceAll("network, certificates.*", "..."));
  }

  @Test
  void shippedExampleLoads() {
    assertThat(ConfigurationLoader.load(SHIPPED, List.of())).isNotNull();
  }

  private static List<String> blocks(String language) throws IOException {
    return blocks(DOCS, language);
  }

  private static List<String> blocks(Path page, String language) throws IOException {
    return Pattern.compile("```" + language + "\n(.*?)\n```", Pattern.DOTALL)
        .matcher(Files.readString(page))
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  private static void assertUpToDate(Path file, String committed, String generated)
      throws IOException {
    if (Boolean.getBoolean("sluice.regenerate")) {
      Files.writeString(file, generated);
    } else {
      assertThat(committed).as(HOW, file).isEqualTo(generated);
    }
  }
}
