// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import dev.sluice.platform.config.ClientAuthentication;
import dev.sluice.platform.config.KeyPath;
import dev.sluice.platform.config.LoadedConfiguration;
import dev.sluice.platform.config.NodeConfiguration;
import dev.sluice.platform.config.Operator;
import dev.sluice.platform.config.Problems;
import dev.sluice.platform.config.RpcInterface;
import dev.sluice.platform.operator.OperatorHandler;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The operator's part of a plan: its handler, and what must hold where it answers. */
final class OperatorPlan {

  private OperatorPlan() {}

  static boolean answersOn(RpcInterface rpcInterface) {
    return rpcInterface.handlers().orElse(List.of()).contains(OperatorHandler.NAME);
  }

  static OperatorHandler handler(NodeConfiguration config) {
    Operator operator = config.operator();
    Set<String> hosts = new HashSet<>();
    operator.allowedHosts().forEach(host -> hosts.add(host.toLowerCase(Locale.ROOT)));
    config.network().rpcInterfaces().values().stream()
        .filter(OperatorPlan::answersOn)
        .map(rpcInterface -> rpcInterface.bindAddress().host().toLowerCase(Locale.ROOT))
        .forEach(hosts::add);
    return new OperatorHandler(hosts, operator.allowedClients());
  }

  /** A subject says something only of a certificate that somebody has vouched for. */
  static void check(LoadedConfiguration loaded, Problems problems) {
    NodeConfiguration config = loaded.config();
    if (config.operator().allowedClients().isEmpty()) {
      return;
    }
    config
        .network()
        .rpcInterfaces()
        .forEach(
            (name, rpcInterface) -> {
              if (answersOn(rpcInterface)
                  && rpcInterface.clientAuthentication() != ClientAuthentication.REQUIRE) {
                KeyPath path = LoadedConfiguration.interfacePath(name).key("client_authentication");
                problems.add(
                    loaded
                        .marks()
                        .problem(
                            path,
                            "'"
                                + rpcInterface
                                    .clientAuthentication()
                                    .name()
                                    .toLowerCase(Locale.ROOT)
                                + "'",
                            "require, since the operator's handler answers here and"
                                + " operator.allowed_clients names who may use it"));
              }
            });
  }
}
