// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import static dev.sluice.platform.config.Texting.PLAIN;
import static dev.sluice.platform.config.Texting.errorOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file that is no YAML, or YAML that we don't take, is one clear line. */
class YamlErrorsTest {

  @TempDir Path folder;

  @Test
  void brokenYamlNamesTheLineAndWhereItsBlockBegan() {
    assertThat(errorOf("network:\n  rpc_interfaces: {}\n certificates: {}\n"))
        .isEqualTo(
            "sluice.yaml:3: not valid YAML: while parsing a block mapping from line 1 on:"
                + " expected <block end>, but found '<block mapping start>'");
  }

  @Test
  void tabIndentationSaysThatTabsAreTheTrouble() {
    assertThat(errorOf("network:\n\trpc_interfaces: {}\n"))
        .isEqualTo(
            "sluice.yaml:2: not valid YAML: while scanning for the next token: found character"
                + " '\\t(TAB)' that cannot start any token. (Do not use \\t(TAB) for indentation)");
  }

  @Test
  void unclosedBracketsAndQuotesAreNamed() {
    assertThat(errorOf("network: [\n"))
        .startsWith("sluice.yaml:2: not valid YAML: while parsing a flow");
    assertThat(errorOf("network: \"a\n"))
        .startsWith("sluice.yaml:2: not valid YAML: while scanning a quoted scalar from line 1 on");
  }

  @Test
  void controlCharactersAreNamedWithTheirLine() {
    assertThat(errorOf("network: {}\nplugins_dir: a\u0007b\n"))
        .isEqualTo("sluice.yaml:2: not valid YAML: the character U+0007 is not allowed");
  }

  @Test
  void everyKeyGivenTwiceIsNamedWithItsFirstLine() {
    assertThat(errorOf(PLAIN + "plugins_dir: a\nnetwork: {}\nplugins_dir: b\n"))
        .isEqualTo(
            """
            sluice.yaml:8: network: found the key twice, first in line 1, allowed: each key once
            sluice.yaml:9: plugins_dir: found the key twice, first in line 7, allowed: each key \
            once""");
  }

  @Test
  void anchorsAliasesAndTagsAreRefused() {
    String allowed = ", allowed: plain maps, lists and values (or put it in quotes)";
    assertThat(errorOf("network: &all {}\ncertificates: *all\nplugins_dir: !!str x\n"))
        .isEqualTo(
            "sluice.yaml:1: network: found an anchor (&)"
                + allowed
                + "\nsluice.yaml:2: certificates: found an alias (*)"
                + allowed
                + "\nsluice.yaml:3: plugins_dir: found a tag (!)"
                + allowed);
  }

  @Test
  void keyThatIsNoTextIsRefused() {
    assertThat(errorOf("? [a, b]\n: c\n"))
        .isEqualTo("sluice.yaml:1: found a key that is no text, allowed: a word before the ':'");
  }

  @Test
  void secondDocumentIsRefused() {
    assertThat(errorOf(PLAIN + "---\nnetwork: {}\n"))
        .isEqualTo("sluice.yaml:7: found a second document, allowed: one document a file");
  }

  @Test
  void deepNestingEndsInAnErrorAndNotInAStackOverflow() {
    assertThat(errorOf("network: " + "[".repeat(200_000)))
        .contains("found more levels, allowed: at most 64 levels")
        .doesNotContain("\n");
    assertThat(errorOf("network: " + "{a: ".repeat(200_000))).contains("at most 64 levels");
  }

  @Test
  void emptyFileSaysSo() {
    String message = "sluice.yaml:1: found an empty file, allowed: a map with network";
    assertThat(errorOf("")).isEqualTo(message);
    assertThat(errorOf("# nothing yet\n")).isEqualTo(message);
  }

  @Test
  void fileThatIsAListOrATextIsNoMap() {
    assertThat(errorOf("- a\n"))
        .isEqualTo("sluice.yaml:1: found a list, allowed: a map with network");
    assertThat(errorOf("hello\n"))
        .isEqualTo("sluice.yaml:1: found 'hello', allowed: a map with network");
  }

  @Test
  void hugeFileIsRefusedWithoutReadingItAll() throws IOException {
    Path file = folder.resolve("huge.yaml");
    Files.writeString(file, "#".repeat(ConfigurationLoader.LARGEST_FILE + 1));
    assertError(file, ": larger than 1 MiB");
    Files.writeString(file, PLAIN + "#".repeat(ConfigurationLoader.LARGEST_FILE - PLAIN.length()));
    assertThat(ConfigurationLoader.load(file, List.of())).isNotNull();
  }

  @Test
  void missingFileFolderAndForeignEncodingAreNamed() throws IOException {
    assertError(folder.resolve("absent.yaml"), ": no such file");
    assertError(folder, ": a folder, not a file");
    Path file = folder.resolve("latin1.yaml");
    Files.write(file, "plugins_dir: \u00e9".getBytes(StandardCharsets.ISO_8859_1));
    assertError(file, ": not UTF-8");
  }

  @Test
  void byteOrderMarkIsSkipped() throws IOException {
    Path file = folder.resolve("sluice.yaml");
    Files.writeString(file, "\ufeff" + PLAIN);
    assertThat(ConfigurationLoader.load(file, List.of())).isNotNull();
  }

  @Test
  void whateverTheFileHoldsAProblemIsOneLineOfBoundedLength() {
    String text = PLAIN + "plugins_dir: {}\n\"a\\nb" + "x".repeat(500) + "\": 1\n";
    assertThat(errorOf(text).lines()).hasSize(2).allMatch(line -> line.length() < 500);
  }

  @Test
  void manyProblemsDontFillTheScreen() {
    StringBuilder text = new StringBuilder(PLAIN);
    for (int i = 0; i < 1000; i++) {
      text.append("key_").append(i).append(": 1\n");
    }
    assertThat(errorOf(text.toString()).lines()).hasSize(51).last().isEqualTo("and 950 more");
  }

  @Test
  void whateverIsDoneToAFileItLoadsOrSaysWhyNot() {
    Random random = new Random(42);
    String alphabet = "[]{}:,-?&*!|>'\"%@`#~.0aZ \n\t\\\u0000\u00e9\ud83d\ufeff";
    for (int run = 0; run < 1_000; run++) {
      StringBuilder text = new StringBuilder(PLAIN + "certificates: { a: [1, 'b', \"c\"] }\n");
      for (int change = random.nextInt(4); change >= 0; change--) {
        int at = random.nextInt(text.length());
        char put = alphabet.charAt(random.nextInt(alphabet.length()));
        text.replace(at, at + random.nextInt(2), String.valueOf(put));
      }
      assertThat(errorOf(text.toString())).as(text.toString()).isNotBlank();
    }
  }

  private static void assertError(Path file, String message) {
    assertThatThrownBy(() -> ConfigurationLoader.load(file, List.of()))
        .isInstanceOf(ConfigurationException.class)
        .hasMessage(file + message);
  }
}
