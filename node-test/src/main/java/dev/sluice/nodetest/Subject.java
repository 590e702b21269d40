// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nodetest;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Transport;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.platform.Sluice;
import dev.sluice.platform.plugin.LoadedPlugins;
import dev.sluice.platform.plugin.PluginLoader;
import dev.sluice.platform.plugin.PluginProtocol;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** What a node under test serves, and how its configuration names it. */
sealed interface Subject {

  /** Gives it to the node, whose files are in a folder; its jar is linked there. */
  void addTo(Sluice.Builder builder, Path folder) throws IOException;

  /** The configuration; behind {@link #addTo}. */
  String configuration(NodeText text, Path folder);

  /** The names of protocols that it brings itself. */
  Set<String> protocols(Path folder);

  /** A protocol of the test's class path. */
  record OfProtocol(CustomProtocolSubsystem protocol) implements Subject {

    @Override
    public void addTo(Sluice.Builder builder, Path folder) {
      builder.protocol(protocol);
    }

    @Override
    public String configuration(NodeText text, Path folder) {
      Set<Transport> carriers = protocol.transports();
      return text.ofProtocol(
          protocol.name(), carriers.contains(Transport.TCP), carriers.contains(Transport.UDP));
    }

    @Override
    public Set<String> protocols(Path folder) {
      return Set.of(protocol.name());
    }
  }

  /** An application of the test's class path. */
  record OfApplication(RpcHandler application) implements Subject {

    @Override
    public void addTo(Sluice.Builder builder, Path folder) {
      builder.application(application);
    }

    @Override
    public String configuration(NodeText text, Path folder) {
      return text.ofApplication(application.name());
    }

    @Override
    public Set<String> protocols(Path folder) {
      return Set.of();
    }
  }

  /** The first protocol of a jar, or else its first application. */
  record OfJar(Path jar) implements Subject {

    private static final String PLUGINS = "plugins";

    @Override
    public void addTo(Sluice.Builder builder, Path folder) throws IOException {
      Path plugins = Files.createDirectory(folder.resolve(PLUGINS));
      Files.copy(jar, plugins.resolve(jar.getFileName()));
      builder.pluginsDir(plugins);
    }

    @Override
    public String configuration(NodeText text, Path folder) {
      try (LoadedPlugins loaded = load(folder)) {
        List<String> errors = loaded.report().errors();
        if (!errors.isEmpty()) {
          throw new IllegalArgumentException(String.join("; ", errors));
        }
        List<PluginProtocol> protocols = new ArrayList<>(loaded.protocols().values());
        if (protocols.size() + loaded.handlers().size() == 0) {
          throw new IllegalArgumentException(jar + " provides neither protocol nor application");
        }
        if (protocols.isEmpty()) {
          return text.ofApplication(loaded.handlers().firstKey());
        }
        PluginProtocol first = protocols.get(0);
        return text.ofProtocol(
            first.name(),
            first.transports().contains(Transport.TCP),
            first.transports().contains(Transport.UDP));
      }
    }

    @Override
    public Set<String> protocols(Path folder) {
      try (LoadedPlugins loaded = load(folder)) {
        return Set.copyOf(loaded.protocols().keySet());
      }
    }

    private static LoadedPlugins load(Path folder) {
      return PluginLoader.load(folder.resolve(PLUGINS));
    }
  }
}
