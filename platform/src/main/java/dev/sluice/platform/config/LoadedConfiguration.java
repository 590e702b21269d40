// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import dev.sluice.platform.config.ConfigNode.MapNode;
import dev.sluice.platform.config.ValueType.RecordType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A configuration that holds together in itself, and what is needed to check the rest of it:
 * whether its protocols exist, and their settings.
 *
 * @param config all paths in it are absolute
 * @param marks where its keys were written
 * @param base the folder where relative paths start, also those of plug-ins
 */
public record LoadedConfiguration(NodeConfiguration config, Marks marks, Path base) {

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
   * The path of an application's section.
   *
   * @param name the application's
   * @return {@code applications.} and the name
   */
  public static KeyPath applicationPath(String name) {
    return KeyPath.of("applications", name);
  }

  /**
   * Binds a protocol's settings on an interface: its {@code protocol_config}, or where the
   * interface has several protocols what stands there under the protocol's name. What is absent is
   * bound too, to the defaults.
   *
   * @param name the interface's
   * @param protocol the protocol's, one of the interface's
   * @param type the protocol's settings record; empty if it has no settings
   * @param problems takes what is wrong, with the operator's file or with the type
   * @return empty if the protocol has no settings, or if a problem was added
   */
  public <R extends Record> Optional<R> protocolSettings(
      String name, String protocol, Optional<Class<? extends R>> type, Problems problems) {
    RpcInterface rpcInterface = rpcInterface(name);
    KeyPath section = interfacePath(name).key("protocol_config");
    boolean several = rpcInterface.appProtocol().size() > 1;
    KeyPath path = several ? section.key(protocol) : section;
    Optional<ConfigNode> given = protocolConfig(name, protocol);
    return bind(protocol, path, given, type, problems);
  }

  /**
   * What was written of a protocol's settings on an interface.
   *
   * @param name the interface's
   * @param protocol the protocol's, one of the interface's
   * @return empty if nothing was
   */
  public Optional<ConfigNode> protocolConfig(String name, String protocol) {
    RpcInterface rpcInterface = rpcInterface(name);
    return rpcInterface.appProtocol().size() > 1
        ? rpcInterface
            .protocolConfig()
            .flatMap(map -> map.entry(protocol))
            .map(ConfigNode.Entry::value)
        : rpcInterface.protocolConfig().map(map -> map);
  }

  private RpcInterface rpcInterface(String name) {
    RpcInterface rpcInterface = config.network().rpcInterfaces().get(name);
    if (rpcInterface == null) {
      throw new IllegalArgumentException("no interface " + name);
    }
    return rpcInterface;
  }

  /**
   * Binds an application's settings: its section under {@code applications}. What is absent is
   * bound too, to the defaults.
   *
   * @param name the application's
   * @param type its settings record; empty if it has no settings
   * @param problems takes what is wrong, with the operator's file or with the type
   * @return empty if the application has no settings, or if a problem was added
   */
  public <R extends Record> Optional<R> applicationSettings(
      String name, Optional<Class<? extends R>> type, Problems problems) {
    return bind(
        name,
        applicationPath(name),
        Optional.ofNullable(config.applications().get(name)),
        type,
        problems);
  }

  private <R extends Record> Optional<R> bind(
      String whose,
      KeyPath path,
      Optional<? extends ConfigNode> given,
      Optional<Class<? extends R>> type,
      Problems problems) {
    Mark place = marks.at(path);
    if (type.isEmpty()) {
      given
          .filter(node -> !isEmpty(node))
          .ifPresent(
              node ->
                  problems.add(
                      Problem.of(
                          place, path, node.shown(), "none, since " + whose + " has no settings")));
      return Optional.empty();
    }
    Class<? extends R> settings = type.get();
    try {
      RecordType described = TypeReader.ofPlugin(settings);
      ConfigNode node = given.isPresent() ? given.get() : new MapNode(place, Map.of());
      return Optional.ofNullable(new Binder(problems, base).bind(described, path, node, place))
          .map(settings::cast);
    } catch (SettingsTypeException e) {
      List<String> faults = e.faults();
      String fault = "the plug-in's fault, not this file's: ";
      faults.forEach(what -> problems.add(Problem.general(place, path, fault + what)));
      return Optional.empty();
    }
  }

  private static boolean isEmpty(ConfigNode node) {
    return node.isNothing() || (node instanceof MapNode map && map.entries().isEmpty());
  }
}
