// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.plugin;

import dev.sluice.api.CaptureRedactor;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.ProtocolDetector;
import dev.sluice.api.Transport;
import dev.sluice.session.bridge.Protocol;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A protocol that was found, and what it said of itself: each answer was read once and checked.
 * Whoever keeps one of these keeps the plug-in's class loader alive.
 *
 * @param name what {@code app_protocol} refers to
 * @param jar the file name of its jar
 * @param version the jar's {@code Implementation-Version}
 * @param subsystem the provider; neither started nor stopped by the loader
 * @param transports at least one
 * @param alpn the preferred one first, each once
 * @param execution where its sessions run
 * @param speaksFirst whether the server opens the conversation
 * @param detector how its clients are known by their first bytes
 * @param detectorBytes how many of them that takes at most; 0 without a detector
 * @param settingsType the record for {@code protocol_config}
 * @param client the protocol as it is spoken; empty where it is served only
 * @param redactor what captures leave out
 * @param classLoader the jar's own, to be the context class loader of calls into the plug-in
 */
public record PluginProtocol(
    String name,
    String jar,
    Optional<String> version,
    CustomProtocolSubsystem subsystem,
    Set<Transport> transports,
    List<String> alpn,
    Execution execution,
    boolean speaksFirst,
    Optional<ProtocolDetector> detector,
    int detectorBytes,
    Optional<Class<? extends Record>> settingsType,
    Optional<Protocol> client,
    Optional<CaptureRedactor> redactor,
    ClassLoader classLoader) {

  /** Keeps the collections from changing. */
  public PluginProtocol {
    transports = Set.copyOf(transports);
    alpn = List.copyOf(alpn);
  }

  /** Calls nothing of the plug-in's. */
  @Override
  public String toString() {
    return name + " of " + jar;
  }
}
