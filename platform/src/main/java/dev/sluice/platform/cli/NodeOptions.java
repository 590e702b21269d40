// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that {@code run} and {@code check} share. */
final class NodeOptions {

  @Option(
      names = {"-c", "--config"},
      paramLabel = "FILE",
      description = "The configuration, YAML or JSON. Without: an embedded default on loopback.")
  private @Nullable Path config;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = {
        "Puts a value over the configuration's; may be repeated, such as",
        "--set network.rpc_interfaces.lines.bind_address=127.0.0.1:7001"
      })
  private List<String> overrides = new ArrayList<>();

  @Option(
      names = "--plugins-dir",
      paramLabel = "DIR",
      description = "Where the protocols are, whatever the configuration says.")
  private @Nullable Path pluginsDir;

  @Option(
      names = "--strict",
      description =
          "Looks on at sessions and says what breaks their contract, as strict: true does.")
  private boolean strict;

  RunOptions toRunOptions() {
    List<String> all = new ArrayList<>(overrides);
    if (strict) {
      all.add(0, "strict=true");
    }
    return new RunOptions(Optional.ofNullable(config), all, Optional.ofNullable(pluginsDir));
  }
}
