// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import dev.sluice.api.Transport;
import dev.sluice.api.rpc.RpcMap;
import dev.sluice.api.rpc.RpcService;
import dev.sluice.platform.config.Certificate;
import dev.sluice.platform.config.ConfigurationException;
import dev.sluice.platform.config.KeyPath;
import dev.sluice.platform.config.LoadedConfiguration;
import dev.sluice.platform.config.NodeConfiguration;
import dev.sluice.platform.config.Problems;
import dev.sluice.platform.config.RpcInterface;
import dev.sluice.platform.plugin.LoadReport;
import dev.sluice.platform.plugin.LoadedHandler;
import dev.sluice.platform.plugin.LoadedPlugins;
import dev.sluice.platform.plugin.LoadedProtocol;
import dev.sluice.platform.plugin.PluginLoader;
import dev.sluice.transport.epoll.InterfaceOptions;
import dev.sluice.transport.epoll.InterfaceOptions.ConnectionLimits;
import dev.sluice.transport.epoll.ServerIdentity;
import dev.sluice.transport.epoll.SessionProtocol;
import dev.sluice.transport.epoll.TlsContextRef;
import dev.sluice.transport.epoll.TlsPolicy;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * All that can be known before anything starts: the configuration, the plug-ins, and that they fit.
 * Making a plan binds no port and starts no thread; it does read certificates and look up host
 * names.
 *
 * <p>Holds certificates and class loaders until closed. A {@link Node} that starts from a plan
 * closes it at its end.
 */
public final class NodePlan implements AutoCloseable {

  /** The operator's application answers only where it is asked for by name. */
  static final String OPERATOR = "node";

  private final LoadedConfiguration loaded;
  private final LoadedPlugins plugins;
  private final List<PlannedInterface> interfaces;

  private NodePlan(
      LoadedConfiguration loaded, LoadedPlugins plugins, List<PlannedInterface> interfaces) {
    this.loaded = loaded;
    this.plugins = plugins;
    this.interfaces = List.copyOf(interfaces);
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
    List<PlannedInterface> planned = new ArrayList<>();
    boolean complete = false;
    try {
      loaded
          .config()
          .network()
          .rpcInterfaces()
          .forEach(
              (name, rpcInterface) ->
                  plan(name, rpcInterface, loaded, plugins, problems).ifPresent(planned::add));
      problems.throwIfAny();
      complete = true;
      return new NodePlan(loaded, plugins, planned);
    } finally {
      if (!complete) {
        planned.forEach(NodePlan::close);
        plugins.close();
      }
    }
  }

  private static Optional<PlannedInterface> plan(
      String name,
      RpcInterface rpcInterface,
      LoadedConfiguration loaded,
      LoadedPlugins plugins,
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
    LoadedProtocol protocol = plugins.protocol(rpcInterface.appProtocol()).orElse(null);
    if (protocol == null || !protocol.transports().contains(Transport.TCP)) {
      problems.add(
          loaded
              .marks()
              .problem(
                  path.key("app_protocol"),
                  protocol == null
                      ? plugins.whyMissing(rpcInterface.appProtocol())
                      : protocol.name() + " is not for tcp but for " + protocol.transports()));
      return Optional.empty();
    }
    Optional<Record> settings = loaded.protocolSettings(name, protocol.settingsType(), problems);
    TlsContextRef tls = tls(name, rpcInterface, protocol, loaded, problems);
    return Optional.of(
        new PlannedInterface(
            rpcInterface,
            protocol,
            new InterfaceOptions(
                name,
                address,
                new SessionProtocol(
                    protocol.name(),
                    protocol.subsystem(),
                    protocol.execution(),
                    protocol.speaksFirst(),
                    protocol.alpn(),
                    protocol.classLoader()),
                settings.orElse(null),
                rpc(name, rpcInterface, loaded, plugins, problems),
                tls,
                rpcInterface.maxOpenSessionsSoft(),
                rpcInterface.maxOpenSessionsHard(),
                limits(loaded.config(), rpcInterface),
                rpcInterface.listenBacklog())));
  }

  /** The applications that an interface names, or all but the operator's. */
  private static RpcMap rpc(
      String name,
      RpcInterface rpcInterface,
      LoadedConfiguration loaded,
      LoadedPlugins plugins,
      Problems problems) {
    KeyPath path = LoadedConfiguration.interfacePath(name).key("handlers");
    List<RpcService> services = new ArrayList<>();
    if (rpcInterface.handlers().isEmpty()) {
      plugins.handlers().values().stream()
          .filter(handler -> !handler.name().equals(OPERATOR))
          .forEach(handler -> services.add(handler.service()));
    }
    for (String wanted : new LinkedHashSet<>(rpcInterface.handlers().orElse(List.of()))) {
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

  private static ConnectionLimits limits(NodeConfiguration config, RpcInterface rpcInterface) {
    return new ConnectionLimits(
        config.idleConnectionTimeout(rpcInterface),
        rpcInterface.handshakeTimeout(),
        rpcInterface.slowConsumerTimeout(),
        rpcInterface.outboundHighMark().toIntSaturated(),
        rpcInterface.outboundConnectionLimit().toIntSaturated(),
        rpcInterface.lingerTimeout());
  }

  private static @Nullable TlsContextRef tls(
      String name,
      RpcInterface rpcInterface,
      LoadedProtocol protocol,
      LoadedConfiguration loaded,
      Problems problems) {
    if (!rpcInterface.endorsement().isSecured()) {
      return null;
    }
    String authority = rpcInterface.endorsement().authority();
    // That the authority exists was checked with the configuration.
    Certificate certificate = loaded.config().certificates().get(authority);
    if (certificate == null) {
      throw new IllegalStateException("no certificate " + authority);
    }
    KeyPath path = KeyPath.of("certificates", authority);
    KeyPath trustedPath = LoadedConfiguration.interfacePath(name).key("trusted_ca_file");
    Path trusted = rpcInterface.trustedCaFile().orElse(null);
    int before = problems.size();
    requireReadable(certificate.certFile(), path.key("cert_file"), loaded, problems);
    requireReadable(certificate.keyFile(), path.key("key_file"), loaded, problems);
    if (trusted != null) {
      requireReadable(trusted, trustedPath, loaded, problems);
    }
    if (problems.size() > before) {
      return null;
    }
    TlsPolicy.ensureAvailable();
    ServerIdentity identity = null;
    try {
      identity = ServerIdentity.read(certificate.certFile(), certificate.keyFile());
    } catch (SSLException e) {
      problems.add(
          loaded
              .marks()
              .problem(
                  path,
                  "'" + certificate.certFile() + "' and '" + certificate.keyFile() + "'",
                  "a certificate chain and its key, in PEM: " + e.getMessage()));
    }
    List<X509Certificate> authorities = List.of();
    if (trusted != null) {
      try {
        authorities = TlsPolicy.authorities(trusted);
      } catch (SSLException e) {
        problems.add(
            loaded
                .marks()
                .problem(
                    trustedPath,
                    "'" + trusted + "'",
                    "certificates of authorities, in PEM: " + e.getMessage()));
      }
    }
    if (identity == null || problems.size() > before) {
      return null;
    }
    TlsPolicy.ClientAuthentication asked =
        TlsPolicy.ClientAuthentication.valueOf(rpcInterface.clientAuthentication().name());
    try {
      return new TlsContextRef(TlsPolicy.server(identity, asked, authorities, protocol.alpn()));
    } catch (SSLException e) {
      problems.add(
          loaded
              .marks()
              .problem(
                  path,
                  "'" + certificate.certFile() + "'",
                  "a certificate that BoringSSL can serve: " + reason(e)));
      return null;
    }
  }

  /** The first cause that says something, in one line. */
  private static String reason(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    return String.valueOf(cause.getMessage()).lines().findFirst().orElse("").strip();
  }

  private static void requireReadable(
      Path file, KeyPath path, LoadedConfiguration loaded, Problems problems) {
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      problems.add(
          loaded
              .marks()
              .problem(
                  path,
                  "'" + file + "'" + (Files.exists(file) ? "" : ", which does not exist"),
                  "a file in PEM that can be read"));
    }
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
   * What was found in the plug-in folder.
   *
   * @return names what was refused and why
   */
  public LoadReport loadReport() {
    return plugins.report();
  }

  /** Lets go of certificates and plug-ins. */
  @Override
  public void close() {
    interfaces.forEach(NodePlan::close);
    plugins.close();
  }

  private static void close(PlannedInterface planned) {
    TlsContextRef tls = planned.options().tls();
    if (tls != null) {
      tls.close();
    }
  }
}
