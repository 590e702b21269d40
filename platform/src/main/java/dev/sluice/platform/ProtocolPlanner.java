// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import dev.sluice.api.Transport;
import dev.sluice.platform.config.KeyPath;
import dev.sluice.platform.config.LoadedConfiguration;
import dev.sluice.platform.config.NodeConfiguration;
import dev.sluice.platform.config.Problems;
import dev.sluice.platform.config.RpcInterface;
import dev.sluice.platform.plugin.LoadedPlugins;
import dev.sluice.platform.plugin.PluginProtocol;
import dev.sluice.session.bridge.Protocol;
import dev.sluice.session.bridge.ProtocolChoice;
import dev.sluice.session.bridge.strict.StrictProtocol;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Finds the protocols that an interface names, and says which of them can't share its port. */
final class ProtocolPlanner {

  /**
   * The protocols of an interface.
   *
   * @param loaded in the order of the configuration
   * @param served the same with their settings
   */
  record Fitting(List<PluginProtocol> loaded, ProtocolChoice served) {}

  private final LoadedConfiguration configuration;
  private final LoadedPlugins plugins;
  private final Problems problems;

  ProtocolPlanner(LoadedConfiguration configuration, LoadedPlugins plugins, Problems problems) {
    this.configuration = configuration;
    this.plugins = plugins;
    this.problems = problems;
  }

  /** Empty where one is not there or not for the interface's carrier; a problem was added then. */
  Optional<Fitting> plan(String name, RpcInterface rpcInterface) {
    KeyPath path = LoadedConfiguration.interfacePath(name);
    Transport carrier = Transport.valueOf(rpcInterface.protocol().name());
    List<PluginProtocol> found = new ArrayList<>();
    for (int i = 0; i < rpcInterface.appProtocol().size(); i++) {
      String wanted = rpcInterface.appProtocol().get(i);
      PluginProtocol protocol = plugins.protocol(wanted).orElse(null);
      if (protocol == null) {
        add(rpcInterface.protocolPath(path, i), plugins.whyMissing(wanted));
      } else if (!protocol.transports().contains(carrier)) {
        add(rpcInterface.protocolPath(path, i), notFor(protocol, carrier));
      } else {
        found.add(protocol);
      }
    }
    if (found.size() < rpcInterface.appProtocol().size()) {
      return Optional.empty();
    }
    if (found.size() > 1) {
      checkShared(path, rpcInterface, found);
    }
    List<Protocol> served = new ArrayList<>();
    found.forEach(protocol -> served.add(served(name, protocol)));
    int fallback = rpcInterface.appProtocol().indexOf(rpcInterface.defaultProtocol());
    return Optional.of(
        new Fitting(List.copyOf(found), ProtocolChoice.of(served, served.get(fallback))));
  }

  private static String notFor(PluginProtocol protocol, Transport carrier) {
    return protocol.name()
        + " is not for "
        + lower(carrier)
        + " but for "
        + protocol.transports().stream()
            .map(ProtocolPlanner::lower)
            .sorted()
            .collect(Collectors.joining(" and "));
  }

  private static String lower(Transport carrier) {
    return carrier.name().toLowerCase(Locale.ROOT);
  }

  /** Each must be within a client's reach, and none may wait for the other. */
  private void checkShared(KeyPath path, RpcInterface rpcInterface, List<PluginProtocol> found) {
    boolean tls = rpcInterface.endorsement().isSecured();
    Map<String, PluginProtocol> names = new LinkedHashMap<>();
    for (int i = 0; i < found.size(); i++) {
      PluginProtocol protocol = found.get(i);
      boolean isDefault = protocol.name().equals(rpcInterface.defaultProtocol());
      KeyPath place = rpcInterface.protocolPath(path, i);
      if (tls) {
        for (String alpn : protocol.alpn()) {
          PluginProtocol other = names.putIfAbsent(alpn, protocol);
          if (other != null && !other.equals(protocol)) {
            add(
                place,
                protocol.name()
                    + " has the ALPN name '"
                    + alpn
                    + "', as "
                    + other.name()
                    + " has: no client could ask for it");
          }
        }
      }
      whyUnfit(protocol, tls, isDefault).ifPresent(reason -> add(place, protocol.name() + reason));
    }
  }

  private static Optional<String> whyUnfit(
      PluginProtocol protocol, boolean tls, boolean isDefault) {
    if (protocol.speaksFirst() && !tls) {
      return Optional.of(
          " speaks first, so that it can't share a port without TLS, where the client's first bytes"
              + " decide");
    }
    if (protocol.speaksFirst() && isDefault) {
      return Optional.of(
          " speaks first, so that it can't be the default, which serves clients that expect another"
              + " protocol; see default_app_protocol");
    }
    if (!isDefault && tls && protocol.alpn().isEmpty()) {
      return Optional.of(
          " has no ALPN name by which a client could ask for it: it can only be the default, see"
              + " default_app_protocol");
    }
    if (!isDefault && !tls && protocol.detector().isEmpty()) {
      return Optional.of(
          " has no detector by which its clients could be known without TLS: it can only be the"
              + " default, see default_app_protocol");
    }
    return Optional.empty();
  }

  private Protocol served(String name, PluginProtocol protocol) {
    Optional<Record> settings =
        configuration.protocolSettings(name, protocol.name(), protocol.settingsType(), problems);
    Protocol served =
        new Protocol(
            protocol.name(),
            protocol.subsystem(),
            protocol.execution(),
            protocol.speaksFirst(),
            protocol.alpn(),
            protocol.detector().orElse(null),
            protocol.detectorBytes(),
            settings.orElse(null),
            protocol.classLoader());
    NodeConfiguration node = configuration.config();
    return node.strict() ? StrictProtocol.of(served, new StrictReport(node.strictClose())) : served;
  }

  private void add(KeyPath path, String message) {
    problems.add(configuration.marks().problem(path, message));
  }
}
