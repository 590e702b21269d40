// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import com.google.inject.Module;
import com.google.inject.util.Modules;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.platform.config.ConfigurationException;
import dev.sluice.platform.config.ConfigurationLoader;
import dev.sluice.platform.config.LoadedConfiguration;
import dev.sluice.platform.plugin.LoadedPlugins;
import dev.sluice.platform.plugin.PluginLoader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import java.util.function.Function;

/**
 * Runs a node as a part of another program.
 *
 * <pre>{@code
 * try (Node node =
 *     Sluice.builder()
 *         .configuration(Path.of("node.yaml"))
 *         .protocol(new Shout())
 *         .start()) {
 *   node.awaitStopped();
 * }
 * }</pre>
 *
 * <p>The program's own protocols and applications are objects; those in jars come from a folder, as
 * they do for {@code sluice run}. Nothing of the process is touched: no handler of signals, no
 * configuration of the log, no exit. Several nodes may run in one process.
 */
public final class Sluice {

  private Sluice() {}

  /**
   * Begins to describe a node.
   *
   * @return without protocols, and with the configuration of {@code sluice run} without a file
   */
  public static Builder builder() {
    return new Builder();
  }

  /** What a node is to be. Belongs to one thread. */
  public static final class Builder {

    private final List<CustomProtocolSubsystem> protocols = new ArrayList<>();
    private final List<RpcHandler> handlers = new ArrayList<>();
    private final List<String> overrides = new ArrayList<>();
    private Optional<Function<List<String>, LoadedConfiguration>> configuration = Optional.empty();
    private Optional<Path> pluginsDir = Optional.empty();
    private Module overriding = Modules.EMPTY_MODULE;

    private Builder() {}

    /** The same again, to be changed without this one. */
    Builder copy() {
      Builder copy = new Builder();
      copy.protocols.addAll(protocols);
      copy.handlers.addAll(handlers);
      copy.overrides.addAll(overrides);
      copy.configuration = configuration;
      copy.pluginsDir = pluginsDir;
      copy.overriding = overriding;
      return copy;
    }

    /**
     * Takes the configuration from a file, which is read at the start.
     *
     * @param file as for {@code sluice run --config}; its relative paths start at its folder
     * @return this
     */
    public Builder configuration(Path file) {
      configuration = Optional.of(values -> ConfigurationLoader.load(file, values));
      return this;
    }

    /**
     * Takes the configuration from a text.
     *
     * @param yaml what would stand in the file; {@code 127.0.0.1:0} binds a free port, see {@link
     *     Node#addresses}
     * @param base where its relative paths start
     * @return this
     */
    public Builder configuration(String yaml, Path base) {
      configuration =
          Optional.of(values -> ConfigurationLoader.parse("the configuration", yaml, base, values));
      return this;
    }

    /**
     * Changes one value of the configuration.
     *
     * @param override {@code key=value}, as for {@code sluice run --set}
     * @return this
     */
    public Builder set(String override) {
      overrides.add(override);
      return this;
    }

    /**
     * Adds a protocol of the program's own.
     *
     * @param protocol for one node at a time, which starts and stops it
     * @return this
     */
    public Builder protocol(CustomProtocolSubsystem protocol) {
      protocols.add(protocol);
      return this;
    }

    /**
     * Adds an application of the program's own. It needs a protocol that serves applications, such
     * as {@code HTTP1}, from the class path or a jar.
     *
     * @param application for one node at a time, which starts and stops it
     * @return this
     */
    public Builder application(RpcHandler application) {
      handlers.add(application);
      return this;
    }

    /**
     * Adds all protocols and applications that the calling thread's class loader finds by {@link
     * ServiceLoader}: those on the program's class path, such as HTTP's.
     *
     * @return this
     * @throws java.util.ServiceConfigurationError if one can't be made
     */
    public Builder fromClassPath() {
      ServiceLoader.load(CustomProtocolSubsystem.class).forEach(protocols::add);
      ServiceLoader.load(RpcHandler.class).forEach(handlers::add);
      return this;
    }

    /**
     * Adds the jars of a folder, each on a class path of its own. Without this call {@code
     * plugins_dir} of the configuration says where jars are, and without that there are none.
     *
     * @param folder read at the start
     * @return this
     */
    public Builder pluginsDir(Path folder) {
      pluginsDir = Optional.of(folder);
      return this;
    }

    /**
     * Puts parts of the program's own in the place of the node's: a {@link
     * io.netty.buffer.ByteBufAllocator}, {@link dev.sluice.transport.epoll.TransportOptions}, a
     * {@link dev.sluice.transport.epoll.EpollTransport}.
     *
     * @param bindings take the place of the node's own; a later call adds to an earlier one
     * @return this
     */
    public Builder override(Module bindings) {
      overriding = Modules.override(overriding).with(bindings);
      return this;
    }

    /**
     * Starts the node.
     *
     * @return a node that serves; {@link Node#close} ends it
     * @throws ConfigurationException with everything that is wrong with the configuration
     * @throws IllegalArgumentException if a protocol or an application of the program's own can't
     *     be served, with the reason
     * @throws NodeException if the node can't start, such as for want of a port
     */
    public Node start() {
      return Node.start(plan(), overriding);
    }

    private NodePlan plan() {
      if (configuration.isPresent()) {
        return plan(configuration.get().apply(overrides));
      }
      NodePlan plan = plan(EmbeddedDefault.create(overrides).configuration());
      EmbeddedDefault.certify(plan.certificates());
      return plan;
    }

    private NodePlan plan(LoadedConfiguration loaded) {
      LoadedPlugins plugins =
          PluginLoader.load(pluginsDir.or(loaded.config()::pluginsDir), protocols, handlers);
      List<String> refused = plugins.report().errorsOfTheProgram();
      if (!refused.isEmpty()) {
        plugins.close();
        throw new IllegalArgumentException(String.join("; ", refused));
      }
      return NodePlan.of(loaded, plugins);
    }
  }
}
