// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * How a node logs: its form and from which level on. An option goes before a system property, which
 * goes before the environment.
 */
final class LogOptions {

  static final String FORMAT_PROPERTY = "sluice.log.format";
  static final String LEVEL_PROPERTY = "sluice.log.level";
  static final String NETTY_PROPERTY = "sluice.log.netty";
  static final String FORMAT_VARIABLE = "SLUICE_LOG_FORMAT";
  static final String LEVEL_VARIABLE = "SLUICE_LOG_LEVEL";

  /** The appenders of logback.xml, by their names. */
  private enum Format {
    TEXT,
    JSON
  }

  private enum Level {
    ERROR,
    WARN,
    INFO,
    DEBUG,
    TRACE
  }

  @Option(
      names = "--log-format",
      paramLabel = "FORMAT",
      description = {
        "text: a line for a person; json: an object a line, for a collector.",
        "Without: $SLUICE_LOG_FORMAT, or else text."
      })
  private @Nullable String format;

  @Option(
      names = "--log-level",
      paramLabel = "LEVEL",
      description = {
        "error, warn, info, debug or trace.",
        "Without: $SLUICE_LOG_LEVEL, or else info."
      })
  private @Nullable String level;

  /**
   * Settles them for logback.xml, which reads them once, when the first logger is made.
   *
   * @param environment where the variables are
   * @param properties the system's, which are read and written
   * @throws CommandFailure for a word that is not allowed, wherever it stands
   */
  void apply(Map<String, String> environment, Properties properties) throws CommandFailure {
    String form =
        choose(
            Format.values(),
            new Said("--log-format", format),
            new Said("-D" + FORMAT_PROPERTY, properties.getProperty(FORMAT_PROPERTY)),
            new Said(FORMAT_VARIABLE, environment.get(FORMAT_VARIABLE)));
    if (form != null) {
      properties.setProperty(FORMAT_PROPERTY, form.toLowerCase(Locale.ROOT));
    }
    String from =
        choose(
            Level.values(),
            new Said("--log-level", level),
            new Said("-D" + LEVEL_PROPERTY, properties.getProperty(LEVEL_PROPERTY)),
            new Said(LEVEL_VARIABLE, environment.get(LEVEL_VARIABLE)));
    if (from != null) {
      properties.setProperty(LEVEL_PROPERTY, from);
      properties.setProperty(NETTY_PROPERTY, forNetty(Level.valueOf(from)).name());
    }
  }

  /** What is at info of Netty's, a peer alone can bring about: frames that it ignores, say. */
  private static Level forNetty(Level level) {
    return level == Level.INFO ? Level.WARN : level;
  }

  /** A value and where it came from. */
  private record Said(String where, @Nullable String value) {}

  private static @Nullable String choose(Enum<?>[] allowed, Said... inTheirOrder)
      throws CommandFailure {
    List<String> names = Arrays.stream(allowed).map(Enum::name).toList();
    for (Said said : inTheirOrder) {
      String value = said.value();
      // An empty variable is how a deployment leaves one out.
      if (value == null || value.isEmpty()) {
        continue;
      }
      String name = value.toUpperCase(Locale.ROOT);
      if (!names.contains(name)) {
        throw new CommandFailure(
            ExitStatus.CONFIGURATION,
            said.where()
                + ": found '"
                + value
                + "', allowed: "
                + names.stream()
                    .map(each -> each.toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(", ")));
      }
      return name;
    }
    return null;
  }
}
