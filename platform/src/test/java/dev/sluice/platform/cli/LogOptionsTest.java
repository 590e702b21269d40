// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Who has the last word on how a node logs. */
class LogOptionsTest {

  private final Properties properties = new Properties();

  private void apply(Map<String, String> environment, String... typed) {
    LogOptions options = new LogOptions();
    CommandLine unused = new CommandLine(options);
    unused.parseArgs(typed);
    options.apply(environment, properties);
  }

  @Test
  void withoutAWordTheDefaultsOfTheFileStand() {
    apply(Map.of("SLUICE_LOG_FORMAT", ""));

    assertThat(properties).isEmpty();
  }

  @Test
  void theEnvironmentIsEnough() {
    apply(Map.of("SLUICE_LOG_FORMAT", "json", "SLUICE_LOG_LEVEL", "Debug"));

    assertThat(properties)
        .isEqualTo(Map.of("sluice.log.format", "json", "sluice.log.level", "DEBUG"));
  }

  @Test
  void aPropertyGoesBeforeTheEnvironmentAndAnOptionBeforeBoth() {
    Map<String, String> environment = Map.of("SLUICE_LOG_FORMAT", "json");
    properties.setProperty("sluice.log.format", "TEXT");
    apply(environment);
    assertThat(properties).containsEntry("sluice.log.format", "text");

    apply(environment, "--log-format=JSON", "--log-level", "warn");

    assertThat(properties)
        .isEqualTo(Map.of("sluice.log.format", "json", "sluice.log.level", "WARN"));
  }

  @Test
  void aWordThatIsNotAllowedIsSaidWhereverItStands() {
    assertThatThrownBy(() -> apply(Map.of(), "--log-format=xml"))
        .isInstanceOf(CommandFailure.class)
        .hasMessage("--log-format: found 'xml', allowed: text, json");
    assertThatThrownBy(() -> apply(Map.of("SLUICE_LOG_LEVEL", "loud")))
        .isInstanceOf(CommandFailure.class)
        .hasMessage("SLUICE_LOG_LEVEL: found 'loud', allowed: error, warn, info, debug, trace");
    properties.setProperty("sluice.log.format", "x");
    assertThatThrownBy(() -> apply(Map.of()))
        .hasMessage("-Dsluice.log.format: found 'x', allowed: text, json");
  }
}
