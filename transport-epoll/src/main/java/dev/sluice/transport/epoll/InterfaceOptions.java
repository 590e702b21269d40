// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.rpc.RpcMap;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.session.bridge.Protocol;
import dev.sluice.session.bridge.ProtocolChoice;
import dev.sluice.transport.epoll.tls.TlsContextRef;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * One interface: where it listens, what it serves and the limits of its connections.
 *
 * @param name the interface's name in the configuration
 * @param bindAddress resolved; port 0 lets the kernel choose
 * @param protocols what it serves
 * @param rpc the applications that its protocols may pass requests to
 * @param tls the certificates; null for plaintext
 * @param softCap connections above this many are admitted as capped
 * @param hardCap connections above this many are closed at accept
 * @param limits of each connection
 * @param backlog connections that the kernel keeps waiting for accept
 */
public record InterfaceOptions(
    String name,
    InetSocketAddress bindAddress,
    ProtocolChoice protocols,
    RpcMap rpc,
    @Nullable TlsContextRef tls,
    int softCap,
    int hardCap,
    EndpointOptions.Limits limits,
    int backlog) {

  /**
   * An interface of one protocol.
   *
   * @param name the interface's name in the configuration
   * @param bindAddress resolved; port 0 lets the kernel choose
   * @param protocol what it serves
   * @param settings the protocol's bound settings; null where it has none
   * @param rpc the applications that its protocol may pass requests to
   * @param tls the certificates; null for plaintext
   * @param softCap connections above this many are admitted as capped
   * @param hardCap connections above this many are closed at accept
   * @param limits of each connection
   * @param backlog connections that the kernel keeps waiting for accept
   */
  public InterfaceOptions(
      String name,
      InetSocketAddress bindAddress,
      Protocol protocol,
      @Nullable Record settings,
      RpcMap rpc,
      @Nullable TlsContextRef tls,
      int softCap,
      int hardCap,
      EndpointOptions.Limits limits,
      int backlog) {
    this(
        name,
        bindAddress,
        ProtocolChoice.only(protocol.withSettings(settings)),
        rpc,
        tls,
        softCap,
        hardCap,
        limits,
        backlog);
  }

  /**
   * What its connections are served by.
   *
   * @return the part that says nothing of sockets
   */
  public EndpointOptions endpoint() {
    return new EndpointOptions(name, protocols, rpc, tls != null, softCap, hardCap, limits);
  }
}
