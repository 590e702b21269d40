// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.platform.config.ConfigurationLoader;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What can be typed, what comes out where, and with which status the process ends. */
class SluiceCommandTest {

  private final RecordingNode node = new RecordingNode();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @AfterEach
  void takeTheLogLevelBack() {
    System.clearProperty("sluice.log.level");
    System.clearProperty("sluice.log.netty");
  }

  @Test
  void runHandsOnWhatWasTypedAndEndsWithTheNodesStatus() {
    node.status = 7;

    int status =
        sluice(
            "run", "-c", "a.yaml", "--set", "a.b=c=d", "--set", "e=@f", "--plugins-dir", "plugs");

    assertThat(status).isEqualTo(7);
    assertThat(node.ran)
        .isEqualTo(
            new RunOptions(
                Optional.of(Path.of("a.yaml")),
                List.of("a.b=c=d", "e=@f"),
                Optional.of(Path.of("plugs"))));
    assertThat(node.checked).isNull();
    assertThat(err.toString()).isEmpty();
  }

  @Test
  void runAloneMeansTheEmbeddedDefault() {
    assertThat(sluice("run")).isZero();
    assertThat(node.ran).isEqualTo(new RunOptions(Optional.empty(), List.of(), Optional.empty()));
  }

  @Test
  void checkOnlyChecksAndPrintsToStandardOutput() {
    assertThat(sluice("check", "--config=a.yaml")).isZero();

    assertThat(node.checked.configFile()).contains(Path.of("a.yaml"));
    assertThat(node.ran).isNull();
    assertThat(out.toString()).isEqualTo("checked" + System.lineSeparator());
  }

  @Test
  void helpNamesEveryCommandAndVersionAnswers() {
    assertThat(sluice("--help")).isZero();
    assertThat(out.toString()).contains("run", "check", "protocols", "cert", "Exit status");
    assertThat(sluice("run", "--help")).isZero();
    assertThat(out.toString()).contains("--plugins-dir");
    assertThat(sluice("cert", "-h")).isZero();
    assertThat(out.toString()).contains("--host");
    assertThat(sluice("--version")).isZero();
    assertThat(out.toString()).contains("sluice ");
    assertThat(err.toString()).isEmpty();
    assertThat(node.ran).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "chekc|did you mean check",
        "run --plugin-dir x|--plugins-dir",
        "run extra|extra",
        "run -c a -c b|should be specified only once",
        "run -c|FILE",
        "cert|--out",
        "cert --out x --days many|--days",
        "cert --out x --days 0|allowed: 1 to 825",
        "cert --out x --host a_b:1|neither a DNS name nor an IP address",
      })
  void aWrongCommandLineIsOneLineAndStatusTwo(String typed, String said) {
    assertThat(sluice(typed.split(" "))).isEqualTo(2);

    assertThat(err.toString().lines())
        .singleElement()
        .satisfies(line -> assertThat(line).startsWith("sluice: ").contains(said, "--help"));
    assertThat(out.toString()).isEmpty();
    assertThat(node.ran).isNull();
  }

  @Test
  void nothingTypedShowsTheUsageAsAnError() {
    assertThat(sluice()).isEqualTo(2);
    assertThat(err.toString()).contains("Usage: sluice");
    assertThat(out.toString()).isEmpty();
  }

  @Test
  void aWrongConfigurationIsStatusTwoAndALineForEachProblem() {
    node.action =
        () ->
            ConfigurationLoader.parse(
                "a.yaml", "nework: 1\nplugin_dir: 2\n", Path.of(""), List.of());

    assertThat(sluice("run")).isEqualTo(2);

    List<String> lines = err.toString().lines().toList();
    assertThat(lines).hasSizeGreaterThan(1);
    assertThat(lines).allSatisfy(line -> assertThat(line).startsWith("sluice: a.yaml:"));
  }

  @Test
  void anyOtherFailureIsStatusOneAndOneLine() {
    node.action =
        () -> {
          throw new IOException("127.0.0.1:80: address already in use", new Error("why"));
        };
    assertThat(sluice("run")).isEqualTo(1);
    assertThat(err.toString().lines())
        .containsExactly("sluice: 127.0.0.1:80: address already in use");
  }

  @Test
  void aFailureMayChooseItsStatus() {
    node.action =
        () -> {
          throw new CommandFailure(2, "no");
        };
    assertThat(sluice("check")).isEqualTo(2);
    assertThat(err.toString().lines()).containsExactly("sluice: no");
  }

  @Test
  void anErrorIsNoStackTraceEither() {
    node.action =
        () -> {
          throw new UnsatisfiedLinkError("no epoll here");
        };
    assertThat(sluice("run")).isEqualTo(1);
    assertThat(err.toString().lines())
        .containsExactly("sluice: UnsatisfiedLinkError: no epoll here");
  }

  @Test
  void aFailureWithoutWordsIsNamed() {
    node.action =
        () -> {
          throw new IllegalStateException();
        };
    assertThat(sluice("run")).isEqualTo(1);
    assertThat(err.toString().lines()).containsExactly("sluice: java.lang.IllegalStateException");
  }

  @Test
  void aFileSystemFailureSaysMoreThanTheFile() {
    node.action =
        () -> {
          throw new NoSuchFileException("x/addresses.json");
        };
    assertThat(sluice("run")).isEqualTo(1);
    assertThat(err.toString().lines())
        .containsExactly("sluice: x/addresses.json: no such file or folder");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--debug run", "run --debug"})
  void debugShowsWhereAnErrorComesFromAndLogsMore(String typed) {
    node.action =
        () -> {
          throw new IllegalStateException("deep");
        };
    assertThat(sluice(typed.split(" "))).isEqualTo(1);
    assertThat(err.toString()).startsWith("sluice: deep").contains("at " + getClass().getName());
    assertThat(System.getProperty("sluice.log.level")).isEqualTo("DEBUG");
  }

  private int sluice(String... args) {
    return SluiceCommand.execute(node, new PrintWriter(out), new PrintWriter(err), args);
  }

  private interface Action {
    void run() throws Exception;
  }

  private static final class RecordingNode implements NodeLauncher {

    private RunOptions ran;
    private RunOptions checked;
    private int status;
    private Action action = () -> {};

    @Override
    public int run(RunOptions options, PrintWriter output) throws Exception {
      ran = options;
      action.run();
      return status;
    }

    @Override
    public int check(RunOptions options, PrintWriter output) throws Exception {
      checked = options;
      output.println("checked");
      action.run();
      return status;
    }
  }
}
