// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.transport.epoll.InterfaceOptions.ConnectionLimits;
import java.time.Duration;

/** Limits of connections, the defaults but for what a test is about. */
final class Limits {

  private static final ConnectionLimits DEFAULTS = ConnectionLimits.defaults();

  private Limits() {}

  static ConnectionLimits linger(long millis) {
    return new ConnectionLimits(
        DEFAULTS.idleTimeout(),
        DEFAULTS.handshakeTimeout(),
        DEFAULTS.slowConsumerTimeout(),
        DEFAULTS.highMark(),
        DEFAULTS.hardMark(),
        Duration.ofMillis(millis));
  }

  static ConnectionLimits output(int highMark, int hardMark, Duration slowConsumer) {
    return new ConnectionLimits(
        DEFAULTS.idleTimeout(),
        DEFAULTS.handshakeTimeout(),
        slowConsumer,
        highMark,
        hardMark,
        DEFAULTS.lingerTimeout());
  }

  static ConnectionLimits idle(long millis, int highMark) {
    return new ConnectionLimits(
        Duration.ofMillis(millis),
        DEFAULTS.handshakeTimeout(),
        DEFAULTS.slowConsumerTimeout(),
        highMark,
        2 * highMark,
        DEFAULTS.lingerTimeout());
  }

  static ConnectionLimits times(Duration idle, Duration handshake, Duration slowConsumer) {
    return new ConnectionLimits(
        idle,
        handshake,
        slowConsumer,
        DEFAULTS.highMark(),
        DEFAULTS.hardMark(),
        DEFAULTS.lingerTimeout());
  }
}
