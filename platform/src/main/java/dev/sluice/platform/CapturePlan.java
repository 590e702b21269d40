// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import dev.sluice.capture.CaptureRecord.ProtocolUsed;
import dev.sluice.platform.capture.NodeCaptures;
import dev.sluice.platform.capture.RecordedProtocol;
import dev.sluice.platform.config.KeyPath;
import dev.sluice.platform.config.LoadedConfiguration;
import dev.sluice.platform.config.Problems;
import dev.sluice.platform.plugin.PluginProtocol;
import dev.sluice.session.bridge.Connections;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** The captures' part of a plan: what may be recorded, and whether there is a place for it. */
final class CapturePlan {

  private CapturePlan() {}

  /** None under way. */
  static NodeCaptures captures(NodePlan plan, Connections connections) {
    Map<String, Map<String, RecordedProtocol>> interfaces = new LinkedHashMap<>();
    for (PlannedInterface planned : plan.interfaces()) {
      Map<String, RecordedProtocol> protocols = new HashMap<>();
      for (PluginProtocol protocol : planned.protocols()) {
        protocols.put(protocol.name(), recorded(plan, planned, protocol, protocols.size()));
      }
      interfaces.put(planned.name(), Map.copyOf(protocols));
    }
    return new NodeCaptures(
        plan.config().operator().captures(), connections, Version.CURRENT, interfaces);
  }

  private static RecordedProtocol recorded(
      NodePlan plan, PlannedInterface planned, PluginProtocol protocol, int number) {
    return new RecordedProtocol(
        new ProtocolUsed(
            number,
            protocol.name(),
            protocol.jar(),
            protocol.version().orElse(""),
            plan.settingsText(planned.name(), protocol.name())),
        protocol.redactor(),
        protocol.classLoader());
  }

  /** Said at the start, and not when somebody needs a capture in a hurry. */
  static void check(LoadedConfiguration loaded, Problems problems) {
    KeyPath path = KeyPath.of("operator", "captures", "directory");
    loaded
        .config()
        .operator()
        .captures()
        .directory()
        .filter(folder -> !Files.isDirectory(folder) || !Files.isWritable(folder))
        .ifPresent(
            folder ->
                problems.add(
                    loaded
                        .marks()
                        .problem(path, "'" + folder + "'", "a folder " + missing(folder))));
  }

  private static String missing(Path folder) {
    return Files.isDirectory(folder)
        ? "that the node may write to"
        : Files.exists(folder) ? "and no file" : "that exists";
  }
}
