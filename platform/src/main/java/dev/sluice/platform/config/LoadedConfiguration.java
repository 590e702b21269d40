// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.platform.config.ConfigNode.MapNode;
import dev.sluice.platform.config.ValueType.RecordType;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A configuration that holds together in itself, and what is needed to check the rest of it:
 * whether its protocols exist, and their settings.
 *
 * @param config all paths in it are absolute
 * @param marks where its keys were written
 */
public record LoadedConfiguration(NodeConfiguration config, Marks marks) {

  /**
   * The path of an interface.
   *
   * @param name the interface's
   * @return {@code network.rpc_interfaces.} and the name
   */
  public static KeyPath interfacePath(String name) {
    return KeyPath.of("network", "rpc_interfaces", name);
  }

  /**
   * Binds an interface's {@code protocol_config}. One that is absent is bound too, to the defaults.
   *
   * @param name the interface's
   * @param type the protocol's settings record; empty if it has no settings
   * @param problems takes what is wrong, with the operator's file or with the type
   * @return empty if the protocol has no settings, or if a problem was added
   */
  public <R extends Record> Optional<R> protocolSettings(
      String name, Optional<Class<? extends R>> type, Problems problems) {
    RpcInterface rpcInterface = config.network().rpcInterfaces().get(name);
    if (rpcInterface == null) {
      throw new IllegalArgumentException("no interface " + name);
    }
    KeyPath path = interfacePath(name).key("protocol_config");
    Mark place = marks.at(path);
    if (type.isEmpty()) {
      if (rpcInterface.protocolConfig().filter(map -> !map.entries().isEmpty()).isPresent()) {
        String without = rpcInterface.appProtocol() + " has no settings";
        problems.add(Problem.of(place, path, "a map", "none, since " + without));
      }
      return Optional.empty();
    }
    Class<? extends R> settings = type.get();
    try {
      RecordType described = TypeReader.ofPlugin(settings);
      MapNode node = rpcInterface.protocolConfig().orElse(new MapNode(place, Map.of()));
      return Optional.ofNullable(new Binder(problems).bind(described, path, node, place))
          .map(settings::cast);
    } catch (SettingsTypeException e) {
      List<String> faults = e.faults();
      String whose = "the plug-in's fault, not this file's: ";
      faults.forEach(fault -> problems.add(Problem.general(place, path, whose + fault)));
      return Optional.empty();
    }
  }
}
