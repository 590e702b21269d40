// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** The rules between an interface's keys about its protocols, as far as their names go. */
final class ProtocolChecks {

  private final Marks marks;
  private final Problems problems;

  ProtocolChecks(Marks marks, Problems problems) {
    this.marks = marks;
    this.problems = problems;
  }

  void check(KeyPath path, RpcInterface rpcInterface) {
    List<String> names = rpcInterface.appProtocol();
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < names.size(); i++) {
      if (!seen.add(names.get(i))) {
        problems.add(
            marks.problem(
                rpcInterface.protocolPath(path, i),
                Texts.quoted(names.get(i)) + " again",
                "each name once"));
      }
    }
    rpcInterface
        .defaultAppProtocol()
        .filter(name -> !names.contains(name))
        .ifPresent(
            name ->
                problems.add(
                    marks.problem(
                        path.key("default_app_protocol"),
                        Texts.quoted(name),
                        Texts.either(names))));
    if (names.size() > 1) {
      checkShared(path, rpcInterface);
    }
  }

  private void checkShared(KeyPath path, RpcInterface rpcInterface) {
    List<String> names = rpcInterface.appProtocol();
    if (rpcInterface.protocol() == InterfaceProtocol.UDP) {
      problems.add(
          marks.problem(
              path.key("app_protocol"),
              names.size() + " names",
              "one, since nothing tells the protocols of datagrams apart"));
    }
    KeyPath config = path.key("protocol_config");
    rpcInterface
        .protocolConfig()
        .ifPresent(
            map ->
                map.entries().keySet().stream()
                    .filter(key -> !names.contains(key))
                    .forEach(
                        key ->
                            problems.add(
                                marks.problem(
                                    config.key(key),
                                    "an unknown key",
                                    "a section for each protocol: " + Texts.all(names)))));
  }
}
