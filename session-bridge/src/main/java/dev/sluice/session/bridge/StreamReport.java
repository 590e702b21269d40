// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

/**
 * Passes what a stream has counted on to its interface, a few times a second: at every read and
 * write it would cost. On the loop.
 */
final class StreamReport {

  private final StreamBridge bridge;
  private long in;
  private long out;

  StreamReport(StreamBridge bridge) {
    this.bridge = bridge;
  }

  void update() {
    EndpointMetrics metrics = bridge.endpoint().metrics();
    long nowIn = bridge.input().bytes();
    long nowOut = bridge.output().taken();
    metrics.bytesIn.add(nowIn - in);
    metrics.bytesOut.add(nowOut - out);
    in = nowIn;
    out = nowOut;
  }
}
