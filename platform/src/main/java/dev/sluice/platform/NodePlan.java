// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import dev.sluice.api.ByteSize;
import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.rpc.RpcMap;
import dev.sluice.api.rpc.RpcService;
import dev.sluice.platform.ProtocolPlanner.Fitting;
import dev.sluice.platform.certificate.CertificatePlanner;
import dev.sluice.platform.certificate.CertificateStore;
import dev.sluice.platform.config.ConfigText;
import dev.sluice.platform.config.ConfigurationException;
import dev.sluice.platform.config.DatagramConfiguration;
import dev.sluice.platform.config.InterfaceProtocol;
import dev.sluice.platform.config.KeyPath;
import dev.sluice.platform.config.LoadedConfiguration;
import dev.sluice.platform.config.NodeConfiguration;
import dev.sluice.platform.config.Problems;
import dev.sluice.platform.config.RpcInterface;
import dev.sluice.platform.operator.OperatorHandler;
import dev.sluice.platform.plugin.LoadReport;
import dev.sluice.platform.plugin.LoadedHandler;
import dev.sluice.platform.plugin.LoadedPlugins;
import dev.sluice.platform.plugin.PluginLoader;
import dev.sluice.platform.plugin.PluginProtocol;
import dev.sluice.session.bridge.DatagramOptions;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.session.bridge.Protocol;
import dev.sluice.transport.epoll.InterfaceOptions;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * All that can be known before anything starts: the configuration, the plug-ins, and that they fit.
 * Making a plan binds no port and starts no thread; it does read certificates and look up host
 * names.
 *
 * <p>Holds certificates and class loaders until closed. A {@link Node} that starts from a plan
 * closes it at its end.
 */
public final class NodePlan implements AutoCloseable {

  private final LoadedConfiguration loaded;
  private final LoadedPlugins plugins;
  private final OperatorHandler operator;
  private final List<PlannedInterface> interfaces;
  private final Map<String, Record> applicationSettings;
  private final CertificateStore certificates;

  private NodePlan(
      LoadedConfiguration loaded,
      LoadedPlugins plugins,
      OperatorHandler operator,
      List<PlannedInterface> interfaces,
      Map<String, Record> applicationSettings,
      CertificateStore certificates) {
    this.loaded = loaded;
    this.plugins = plugins;
    this.operator = operator;
    this.interfaces = List.copyOf(interfaces);
    this.applicationSettings = Map.copyOf(applicationSettings);
    this.certificates = certificates;
  }

  /**
   * Plans a node.
   *
   * @param loaded the configuration
   * @return a plan to start from
   * @throws ConfigurationException with everything that is wrong
   */
  public static NodePlan of(LoadedConfiguration loaded) {
    return of(
        loaded,
        PluginLoader.load(loaded.config().pluginsDir().orElseGet(PluginLoader::defaultFolder)));
  }

  /**
   * Plans a node with plug-ins that were loaded before.
   *
   * @param loaded the configuration
   * @param plugins closed with the plan, also if there is none
   * @return a plan to start from
   * @throws ConfigurationException with everything that is wrong
   */
  public static NodePlan of(LoadedConfiguration loaded, LoadedPlugins plugins) {
    Problems problems = new Problems();
    OperatorHandler operator = OperatorPlan.handler(loaded.config());
    List<PlannedInterface> planned = new ArrayList<>();
    CertificatePlanner certificates = new CertificatePlanner(loaded, problems);
    boolean complete = false;
    try {
      certificates.read();
      loaded
          .config()
          .network()
          .rpcInterfaces()
          .forEach(
              (name, rpcInterface) ->
                  plan(name, rpcInterface, loaded, plugins, operator, certificates, problems)
                      .ifPresent(planned::add));
      Map<String, Record> settings = applications(planned, loaded, plugins, problems);
      OperatorPlan.check(loaded, problems);
      CapturePlan.check(loaded, problems);
      problems.throwIfAny();
      complete = true;
      return new NodePlan(loaded, plugins, operator, planned, settings, certificates.store());
    } finally {
      if (!complete) {
        certificates.store().close();
        plugins.close();
      }
    }
  }

  private static Optional<PlannedInterface> plan(
      String name,
      RpcInterface rpcInterface,
      LoadedConfiguration loaded,
      LoadedPlugins plugins,
      OperatorHandler operator,
      CertificatePlanner certificates,
      Problems problems) {
    KeyPath path = LoadedConfiguration.interfacePath(name);
    InetSocketAddress address = rpcInterface.bindAddress().toSocketAddress();
    if (address.isUnresolved()) {
      problems.add(
          loaded
              .marks()
              .problem(
                  path.key("bind_address"),
                  "'" + rpcInterface.bindAddress() + "'",
                  "an address, or a host name that can be looked up"));
    }
    Fitting protocols =
        new ProtocolPlanner(loaded, plugins, problems).plan(name, rpcInterface).orElse(null);
    if (protocols == null) {
      return Optional.empty();
    }
    return Optional.of(
        new PlannedInterface(
            rpcInterface,
            protocols.loaded(),
            new InterfaceOptions(
                name,
                address,
                protocols.served(),
                rpc(name, rpcInterface, loaded, plugins, operator, problems),
                certificates.secure(name, rpcInterface, protocols.served().alpn()).orElse(null),
                rpcInterface.maxOpenSessionsSoft(),
                rpcInterface.maxOpenSessionsHard(),
                limits(loaded.config(), rpcInterface),
                rpcInterface.listenBacklog()),
            rpcInterface.protocol() == InterfaceProtocol.UDP
                ? Optional.of(datagrams(rpcInterface.datagramConfiguration()))
                : Optional.empty()));
  }

  private static DatagramOptions datagrams(DatagramConfiguration config) {
    return new DatagramOptions(
        config.maxDatagramSize().toIntSaturated(),
        config.receiveBuffer().map(ByteSize::toIntSaturated).orElse(0),
        config.sendBuffer().map(ByteSize::toIntSaturated).orElse(0),
        config.amplificationLimit().orElse(0));
  }

  /** The applications that an interface names, or all but the operator's. */
  private static RpcMap rpc(
      String name,
      RpcInterface rpcInterface,
      LoadedConfiguration loaded,
      LoadedPlugins plugins,
      OperatorHandler operator,
      Problems problems) {
    KeyPath path = LoadedConfiguration.interfacePath(name).key("handlers");
    List<RpcService> services = new ArrayList<>();
    if (rpcInterface.handlers().isEmpty()) {
      plugins.handlers().values().forEach(handler -> services.add(handler.service()));
    }
    for (String wanted : new LinkedHashSet<>(rpcInterface.handlers().orElse(List.of()))) {
      if (wanted.equals(OperatorHandler.NAME)) {
        services.add(RpcService.of(operator));
        continue;
      }
      LoadedHandler handler = plugins.handlers().get(wanted);
      if (handler == null) {
        problems.add(loaded.marks().problem(path, plugins.whyMissingHandler(wanted)));
      } else {
        services.add(handler.service());
      }
    }
    try {
      return new RpcMap(rpcInterface.httpConfiguration(), services);
    } catch (IllegalArgumentException e) {
      problems.add(
          loaded.marks().problem(path, e.getMessage() + "; name those that are to answer here"));
      return RpcMap.EMPTY;
    }
  }

  /** The settings of applications that are served, or that the file has a section for. */
  private static Map<String, Record> applications(
      List<PlannedInterface> planned,
      LoadedConfiguration loaded,
      LoadedPlugins plugins,
      Problems problems) {
    Set<String> wanted = new LinkedHashSet<>(loaded.config().applications().keySet());
    planned.forEach(
        one -> one.options().rpc().services().forEach(service -> wanted.add(service.name())));
    wanted.remove(OperatorHandler.NAME);
    Map<String, Record> settings = new HashMap<>();
    for (String name : wanted) {
      LoadedHandler handler = plugins.handlers().get(name);
      if (handler == null) {
        KeyPath path = LoadedConfiguration.applicationPath(name);
        problems.add(loaded.marks().problem(path, plugins.whyMissingHandler(name)));
      } else {
        loaded
            .applicationSettings(name, handler.settingsType(), problems)
            .ifPresent(bound -> settings.put(name, bound));
      }
    }
    return settings;
  }

  private static EndpointOptions.Limits limits(
      NodeConfiguration config, RpcInterface rpcInterface) {
    return new EndpointOptions.Limits(
        config.idleConnectionTimeout(rpcInterface),
        rpcInterface.handshakeTimeout(),
        rpcInterface.slowConsumerTimeout(),
        rpcInterface.outboundHighMark().toIntSaturated(),
        rpcInterface.outboundConnectionLimit().toIntSaturated(),
        rpcInterface.lingerTimeout());
  }

  /**
   * What the node was told.
   *
   * @return all paths in it are absolute
   */
  public NodeConfiguration config() {
    return loaded.config();
  }

  /**
   * The interfaces, in the order of the configuration.
   *
   * @return at least one
   */
  public List<PlannedInterface> interfaces() {
    return interfaces;
  }

  /**
   * The operator's application, whether or not an interface names it.
   *
   * @return to be attached to the node
   */
  OperatorHandler operator() {
    return operator;
  }

  /**
   * The settings of an application.
   *
   * @param name the application's
   * @return empty if it has none
   */
  Optional<Record> applicationSettings(String name) {
    return Optional.ofNullable(applicationSettings.get(name));
  }

  /** What was written of a protocol's settings on an interface, as one line; may be empty. */
  String settingsText(String interfaceName, String protocol) {
    return loaded.protocolConfig(interfaceName, protocol).map(ConfigText::of).orElse("");
  }

  /**
   * A protocol as it is spoken, whether or not an interface serves it.
   *
   * @param name as whoever wants to connect gave it
   * @throws OutboundException if there is none
   */
  Protocol client(String name) {
    Optional<PluginProtocol> found = plugins.protocol(name);
    return found
        .flatMap(PluginProtocol::client)
        .orElseThrow(
            () ->
                new OutboundException(
                    OutboundException.Kind.NOT_SUPPORTED,
                    found.isPresent()
                        ? "protocol " + name + " is served only: it has no client's side"
                        : plugins.whyMissing(name),
                    null));
  }

  /** Protocols that connections can be opened by. */
  List<PluginProtocol> clients() {
    return plugins.protocols().values().stream()
        .filter(protocol -> protocol.client().isPresent())
        .toList();
  }

  /**
   * What was found in the plug-in folder.
   *
   * @return names what was refused and why
   */
  public LoadReport loadReport() {
    return plugins.report();
  }

  /**
   * The certificates.
   *
   * @return closed with the plan
   */
  public CertificateStore certificates() {
    return certificates;
  }

  /** Lets go of certificates and plug-ins. */
  @Override
  public void close() {
    certificates.close();
    plugins.close();
  }
}
