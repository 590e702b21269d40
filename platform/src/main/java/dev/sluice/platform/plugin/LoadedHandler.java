// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.plugin;

import dev.sluice.api.rpc.RpcService;
import java.util.Optional;

/**
 * An application that was found, and what it said of itself: each answer was read once and checked.
 * Whoever keeps one of these keeps the plug-in's class loader alive.
 *
 * @param service the application; neither started nor stopped by the loader
 * @param jar the file name of its jar
 * @param version the jar's {@code Implementation-Version}
 * @param settingsType the record for its section under {@code applications}
 */
public record LoadedHandler(
    RpcService service,
    String jar,
    Optional<String> version,
    Optional<Class<? extends Record>> settingsType) {

  /**
   * What {@code handlers} refers to.
   *
   * @return unique among the plug-ins
   */
  public String name() {
    return service.name();
  }

  /** Calls nothing of the plug-in's. */
  @Override
  public String toString() {
    return name() + " of " + jar;
  }
}
