// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.rpc.RpcMap;
import java.net.InetSocketAddress;
import java.time.Duration;
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
    ServedProtocols protocols,
    RpcMap rpc,
    @Nullable TlsContextRef tls,
    int softCap,
    int hardCap,
    ConnectionLimits limits,
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
      SessionProtocol protocol,
      @Nullable Record settings,
      RpcMap rpc,
      @Nullable TlsContextRef tls,
      int softCap,
      int hardCap,
      ConnectionLimits limits,
      int backlog) {
    this(
        name,
        bindAddress,
        ServedProtocols.only(protocol.withSettings(settings)),
        rpc,
        tls,
        softCap,
        hardCap,
        limits,
        backlog);
  }

  /**
   * The limits of a single connection.
   *
   * @param idleTimeout without a byte either way
   * @param handshakeTimeout from accept to the end of the TLS handshake; without TLS, from the
   *     first byte to the choice among several protocols, which is the default then
   * @param slowConsumerTimeout not writable and without progress
   * @param highMark bytes of queued output above which it is not writable; half of it makes it
   *     writable again
   * @param hardMark bytes of queued output above which a further write closes it
   * @param lingerTimeout how long a close waits for the peer's end
   */
  public record ConnectionLimits(
      Duration idleTimeout,
      Duration handshakeTimeout,
      Duration slowConsumerTimeout,
      int highMark,
      int hardMark,
      Duration lingerTimeout) {

    /**
     * The defaults, as the configuration reference gives them.
     *
     * @return limits for connections that may idle for a minute
     */
    public static ConnectionLimits defaults() {
      return new ConnectionLimits(
          Duration.ofSeconds(60),
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          256 << 10,
          16 << 20,
          Duration.ofSeconds(5));
    }
  }
}
