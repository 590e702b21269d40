// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
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
        .isEqualTo(
            Map.of(
                "sluice.log.format",
                "json",
                "sluice.log.level",
                "DEBUG",
                "sluice.log.netty",
                "DEBUG"));
  }

  @Test
  void aPropertyGoesBeforeTheEnvironmentAndAnOptionBeforeBoth() {
    Map<String, String> environment = Map.of("SLUICE_LOG_FORMAT", "json");
    properties.setProperty("sluice.log.format", "TEXT");
    apply(environment);
    assertThat(properties).containsEntry("sluice.log.format", "text");

    apply(environment, "--log-format=JSON", "--log-level", "warn");

    assertThat(properties)
        .isEqualTo(
            Map.of(
                "sluice.log.format",
                "json",
                "sluice.log.level",
                "WARN",
                "sluice.log.netty",
                "WARN"));
  }

  /** What it says at info, a peer alone can bring about. */
  @Test
  void nettyIsHeardFromWarnOnUnlessMoreThanTheDefaultIsAskedFor() throws Exception {
    assertThat(levelOfNetty()).isEqualTo(Level.WARN);
    apply(Map.of(), "--log-level=info");
    assertThat(levelOfNetty()).isEqualTo(Level.WARN);
    apply(Map.of(), "--log-level=debug");
    assertThat(levelOfNetty()).isEqualTo(Level.DEBUG);
    apply(Map.of(), "--log-level=error");
    assertThat(levelOfNetty()).isEqualTo(Level.ERROR);
  }

  /** As the node's own file makes it, of the properties that were settled. */
  private Level levelOfNetty() throws Exception {
    LoggerContext context = new LoggerContext();
    properties
        .stringPropertyNames()
        .forEach(name -> context.putProperty(name, properties.getProperty(name)));
    JoranConfigurator configurator = new JoranConfigurator();
    configurator.setContext(context);
    configurator.doConfigure(LogOptions.class.getResource("logback.xml"));
    try {
      return context.getLogger("io.netty.handler.codec.http2").getEffectiveLevel();
    } finally {
      context.stop();
    }
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
