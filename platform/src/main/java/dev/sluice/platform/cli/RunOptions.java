// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What the command line says about the node to run.
 *
 * @param configFile empty: the embedded default
 * @param overrides {@code key=value} each, in their order, not looked into so far
 * @param pluginsDir goes before the configuration's {@code plugins_dir}, which goes before {@code
 *     PluginLoader.defaultFolder()}
 */
public record RunOptions(
    Optional<Path> configFile, List<String> overrides, Optional<Path> pluginsDir) {

  /** Keeps the list from changing. */
  public RunOptions {
    overrides = List.copyOf(overrides);
  }
}
