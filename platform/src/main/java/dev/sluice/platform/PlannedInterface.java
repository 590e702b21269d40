// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import dev.sluice.platform.config.RpcInterface;
import dev.sluice.platform.operator.OperatorHandler;
import dev.sluice.platform.plugin.PluginProtocol;
import dev.sluice.session.bridge.DatagramOptions;
import dev.sluice.transport.epoll.InterfaceOptions;
import dev.sluice.transport.epoll.tls.TlsContextRef;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * One interface of a plan: everything about it is known and checked, nothing is bound.
 *
 * @param config as it was read
 * @param protocols what it serves, the preferred one first
 * @param options for the transport
 * @param datagrams what is special about datagrams; empty on TCP
 */
public record PlannedInterface(
    RpcInterface config,
    List<PluginProtocol> protocols,
    InterfaceOptions options,
    Optional<DatagramOptions> datagrams) {

  /** Copies the list. */
  public PlannedInterface {
    protocols = List.copyOf(protocols);
  }

  /**
   * The interface's name.
   *
   * @return as in the configuration
   */
  public String name() {
    return options.name();
  }

  /**
   * The protocols for a reader.
   *
   * @return their names, with commas
   */
  public String protocolNames() {
    return options.protocols().names();
  }

  /**
   * Where the protocols come from, for a reader.
   *
   * @return the file names of their jars, each once, with commas
   */
  public String jars() {
    return protocols.stream().map(PluginProtocol::jar).distinct().collect(Collectors.joining(", "));
  }

  /**
   * Whether the operator's application answers here: such an interface serves until the others have
   * ended.
   *
   * @return whether its {@code handlers} name {@code node}
   */
  public boolean operator() {
    return OperatorPlan.answersOn(config);
  }

  /** Whether nothing else answers here. */
  boolean operatorAlone() {
    return operator()
        && config.handlers().orElse(List.of()).stream().allMatch(OperatorHandler.NAME::equals);
  }

  /**
   * For a reader: {@code tls}, {@code tcp} or {@code udp}.
   *
   * @return how the bytes travel
   */
  public String carrier() {
    if (datagrams.isPresent()) {
      return "udp";
    }
    return options.tls() == null ? "tcp" : "tls";
  }

  /**
   * The certificate without which the interface does not listen, as long as it is not there.
   *
   * @return its name; empty once it has come, and for plaintext
   */
  public Optional<String> awaitedCertificate() {
    TlsContextRef tls = options.tls();
    return tls == null || tls.available()
        ? Optional.empty()
        : Optional.of(config.endorsement().defaultAuthority());
  }
}
