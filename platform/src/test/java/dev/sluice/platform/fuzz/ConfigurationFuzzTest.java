// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.ByteSize;
import dev.sluice.api.Setting;
import dev.sluice.platform.config.ConfigurationException;
import dev.sluice.platform.config.ConfigurationLoader;
import dev.sluice.platform.config.LoadedConfiguration;
import dev.sluice.platform.config.Problem;
import dev.sluice.platform.config.Problems;
import dev.sluice.platform.config.RpcInterface;
import dev.sluice.testkit.fuzz.FuzzTarget;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A configuration's text, and behind each NUL an override: what is wrong is said in lines that name
 * a place in it, and nothing else is thrown. What is right is right again.
 */
class ConfigurationFuzzTest extends FuzzTarget {

  private static final String FILE = "sluice.yaml";
  private static final Path BASE = Path.of("/srv/sluice");

  private enum Case {
    LOWER,
    UPPER
  }

  private record Inner(
      @Setting(description = "One.", defaultValue = "3", min = "1", max = "9") int most,
      @Setting(description = "Two.", defaultValue = "0.5", max = "1") double share) {}

  private record Settings(
      @Setting(description = "Text.", defaultValue = "hello") String greeting,
      @Setting(description = "Truth.", defaultValue = "true") boolean polite,
      @Setting(description = "Long.", defaultValue = "5000000000") long large,
      @Setting(description = "Enum.", defaultValue = "lower") Case letters,
      @Setting(description = "Duration.", defaultValue = "2s") Duration pause,
      @Setting(description = "Size.", defaultValue = "8KB", max = "1MB") ByteSize size,
      @Setting(description = "Record.", defaultValue = "{}") Inner inner,
      @Setting(description = "Records.", defaultValue = "[]") List<Inner> more,
      @Setting(description = "Map.", defaultValue = "{a: 2s}") Map<String, Duration> waits,
      @Setting(description = "Optional.", min = "1") Optional<Integer> maybe) {}

  ConfigurationFuzzTest() {
    super("configuration");
  }

  @Override
  protected void run(byte[] input) {
    String[] parts = new String(input, UTF_8).split("\0", -1);
    List<String> overrides = Arrays.asList(parts).subList(1, parts.length);
    int lines = (int) parts[0].chars().filter(c -> c == '\n' || c == '\r').count() + 2;
    LoadedConfiguration loaded;
    try {
      loaded = load(parts[0], overrides);
    } catch (ConfigurationException e) {
      assertSaysWhere(e, lines);
      return;
    }
    assertThat(load(parts[0], overrides).config()).isEqualTo(loaded.config());
    Problems problems = new Problems();
    loaded
        .config()
        .network()
        .rpcInterfaces()
        .forEach((name, served) -> bind(loaded, name, served, problems));
    loaded
        .config()
        .applications()
        .keySet()
        .forEach(name -> loaded.applicationSettings(name, Optional.of(Settings.class), problems));
    try {
      problems.throwIfAny();
    } catch (ConfigurationException e) {
      assertSaysWhere(e, lines);
    }
  }

  private static LoadedConfiguration load(String text, List<String> overrides) {
    return ConfigurationLoader.parse(FILE, text, BASE, overrides);
  }

  private static void bind(
      LoadedConfiguration loaded, String name, RpcInterface served, Problems problems) {
    for (String protocol : served.appProtocol()) {
      boolean unused =
          loaded
              .protocolSettings(name, protocol, Optional.of(Settings.class), problems)
              .isPresent();
    }
  }

  private static void assertSaysWhere(ConfigurationException refused, int lines) {
    assertThat(refused.problems()).isNotEmpty();
    for (Problem problem : refused.problems()) {
      String source = problem.mark().source();
      assertThat(problem.message()).isNotBlank();
      assertThat(problem.toString().lines().count()).as("lines of " + problem).isEqualTo(1);
      if (source.equals(FILE)) {
        assertThat(problem.mark().line()).as(problem.toString()).isBetween(1, lines);
      } else {
        assertThat(source).startsWith("--set");
      }
    }
  }
}
