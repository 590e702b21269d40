// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.rpc.RpcMap;
import java.time.Duration;

/**
 * What the connections of an endpoint are served by, and their limits.
 *
 * @param name what lists, records and figures call it; that of the interface
 * @param protocols what it serves
 * @param rpc the applications that its protocols may pass requests to
 * @param secure whether the bytes travel encrypted
 * @param softCap connections above this many are admitted as capped
 * @param hardCap connections above this many are refused
 * @param limits of each connection
 */
public record EndpointOptions(
    String name,
    ProtocolChoice protocols,
    RpcMap rpc,
    boolean secure,
    int softCap,
    int hardCap,
    Limits limits) {

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
  public record Limits(
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
    public static Limits defaults() {
      return new Limits(
          Duration.ofSeconds(60),
          Duration.ofSeconds(10),
          Duration.ofSeconds(30),
          256 << 10,
          16 << 20,
          Duration.ofSeconds(5));
    }
  }
}
