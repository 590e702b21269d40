// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import dev.sluice.api.Transport;
import dev.sluice.platform.plugin.LoadReport;
import dev.sluice.platform.plugin.LoadedHandler;
import dev.sluice.platform.plugin.LoadedPlugins;
import dev.sluice.platform.plugin.PluginLoader;
import dev.sluice.platform.plugin.PluginProtocol;
import dev.sluice.platform.plugin.TextTable;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code sluice protocols}. */
@Command(
    name = "protocols",
    description = "Lists the protocols and applications that the plug-ins provide.")
final class ProtocolsCommand implements Callable<Integer> {

  @Option(
      names = "--plugins-dir",
      paramLabel = "DIR",
      description = "Where the protocols are. Without: plugins beside the node's lib.")
  private @Nullable Path pluginsDir;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Path folder = pluginsDir == null ? PluginLoader.defaultFolder() : pluginsDir;
    try (LoadedPlugins plugins = PluginLoader.load(folder)) {
      LoadReport report = plugins.report();
      if (plugins.protocols().isEmpty() && plugins.handlers().isEmpty() && !report.hasErrors()) {
        report.lines().forEach(out::println);
      } else if (!plugins.protocols().isEmpty()) {
        print(plugins, out);
      }
      if (!plugins.handlers().isEmpty()) {
        printHandlers(plugins, out);
      }
      // What is listed could be served, but the operator meant more than that.
      report.errors().forEach(line -> FailureText.print(spec.commandLine().getErr(), line));
      return report.hasErrors() ? ExitStatus.CONFIGURATION : ExitStatus.OK;
    }
  }

  private static void printHandlers(LoadedPlugins plugins, PrintWriter out) {
    out.println();
    TextTable table = new TextTable("");
    table.row("APPLICATION", "JAR", "VERSION", "PATHS", "EXECUTION");
    for (LoadedHandler handler : plugins.handlers().values()) {
      table.row(
          handler.name(),
          handler.jar(),
          handler.version().orElse("-"),
          String.join(",", handler.service().prefixes()),
          handler.service().execution().name());
    }
    table.lines().forEach(out::println);
    for (LoadedHandler handler : plugins.handlers().values()) {
      handler
          .settingsType()
          .ifPresent(type -> printSettings("applications." + handler.name(), type, out));
    }
  }

  private static void print(LoadedPlugins plugins, PrintWriter out) {
    TextTable table = new TextTable("");
    table.row("NAME", "JAR", "VERSION", "TRANSPORTS", "ALPN", "DETECTOR", "EXECUTION");
    for (PluginProtocol protocol : plugins.protocols().values()) {
      table.row(
          protocol.name(),
          protocol.jar(),
          protocol.version().orElse("-"),
          protocol.transports().stream()
              .sorted()
              .map(Transport::name)
              .collect(Collectors.joining(",")),
          protocol.alpn().isEmpty() ? "-" : String.join(",", protocol.alpn()),
          protocol.detector().isEmpty() ? "-" : protocol.detectorBytes() + "B",
          protocol.execution().name());
    }
    table.lines().forEach(out::println);
    for (PluginProtocol protocol : plugins.protocols().values()) {
      protocol
          .settingsType()
          .ifPresent(type -> printSettings("protocol_config of " + protocol.name(), type, out));
    }
  }

  private static void printSettings(String title, Class<? extends Record> type, PrintWriter out) {
    out.println();
    out.println(title + ":");
    SettingsText.lines(type).forEach(out::println);
  }
}
