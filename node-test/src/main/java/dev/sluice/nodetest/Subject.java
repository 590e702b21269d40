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
import java.util.List;
import java.util.Set;
import java.util.SortedMap;

/** What a node under test serves. */
sealed interface Subject {

  /**
   * How a configuration names it.
   *
   * @param name of the protocol or the application
   * @param carriers those of the protocol; empty for an application
   * @param protocols the names of all that it brings itself
   */
  record Served(String name, Set<Transport> carriers, Set<String> protocols) {

    String configuration(NodeText text) {
      return carriers.isEmpty()
          ? text.ofApplication(name)
          : text.ofProtocol(
              name, carriers.contains(Transport.TCP), carriers.contains(Transport.UDP));
    }
  }

  /** Gives it to the node, whose files are in a folder; its jar is copied there. */
  Served addTo(Sluice.Builder builder, Path folder) throws IOException;

  /** A protocol of the test's class path. */
  record OfProtocol(CustomProtocolSubsystem protocol) implements Subject {

    @Override
    public Served addTo(Sluice.Builder builder, Path folder) {
      builder.protocol(protocol);
      return new Served(protocol.name(), protocol.transports(), Set.of(protocol.name()));
    }
  }

  /** An application of the test's class path. */
  record OfApplication(RpcHandler application) implements Subject {

    @Override
    public Served addTo(Sluice.Builder builder, Path folder) {
      builder.application(application);
      return new Served(application.name(), Set.of(), Set.of());
    }
  }

  /** The first protocol of a jar, or else its first application. */
  record OfJar(Path jar) implements Subject {

    @Override
    public Served addTo(Sluice.Builder builder, Path folder) throws IOException {
      Path plugins = Files.createDirectory(folder.resolve("plugins"));
      Files.copy(jar, plugins.resolve(jar.getFileName()));
      builder.pluginsDir(plugins);
      // Before the node does, to know the names.
      try (LoadedPlugins loaded = PluginLoader.load(plugins)) {
        return served(loaded);
      }
    }

    private Served served(LoadedPlugins loaded) {
      List<String> errors = loaded.report().errors();
      if (!errors.isEmpty()) {
        throw new IllegalArgumentException(String.join("; ", errors));
      }
      SortedMap<String, PluginProtocol> protocols = loaded.protocols();
      if (!protocols.isEmpty()) {
        String first = protocols.firstKey();
        Set<Transport> carriers = loaded.protocol(first).orElseThrow().transports();
        return new Served(first, carriers, Set.copyOf(protocols.keySet()));
      }
      if (loaded.handlers().isEmpty()) {
        throw new IllegalArgumentException(jar + " provides neither protocol nor application");
      }
      return new Served(loaded.handlers().firstKey(), Set.of(), Set.of());
    }
  }
}
