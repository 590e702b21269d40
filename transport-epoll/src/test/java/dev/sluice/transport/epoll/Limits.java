// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.session.bridge.EndpointOptions;
import java.time.Duration;

/** Limits of connections, the defaults but for what a test is about. */
final class Limits {

  private static final EndpointOptions.Limits DEFAULTS = EndpointOptions.Limits.defaults();

  private Limits() {}

  static EndpointOptions.Limits linger(long millis) {
    return new EndpointOptions.Limits(
        DEFAULTS.idleTimeout(),
        DEFAULTS.handshakeTimeout(),
        DEFAULTS.slowConsumerTimeout(),
        DEFAULTS.highMark(),
        DEFAULTS.hardMark(),
        Duration.ofMillis(millis));
  }

  static EndpointOptions.Limits output(int highMark, int hardMark, Duration slowConsumer) {
    return new EndpointOptions.Limits(
        DEFAULTS.idleTimeout(),
        DEFAULTS.handshakeTimeout(),
        slowConsumer,
        highMark,
        hardMark,
        DEFAULTS.lingerTimeout());
  }

  static EndpointOptions.Limits idle(long millis, int highMark) {
    return new EndpointOptions.Limits(
        Duration.ofMillis(millis),
        DEFAULTS.handshakeTimeout(),
        DEFAULTS.slowConsumerTimeout(),
        highMark,
        2 * highMark,
        DEFAULTS.lingerTimeout());
  }

  static EndpointOptions.Limits times(Duration idle, Duration handshake, Duration slowConsumer) {
    return new EndpointOptions.Limits(
        idle,
        handshake,
        slowConsumer,
        DEFAULTS.highMark(),
        DEFAULTS.hardMark(),
        DEFAULTS.lingerTimeout());
  }
}
