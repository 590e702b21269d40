// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.UnpooledByteBufAllocator;
import java.lang.ref.WeakReference;
import org.junit.jupiter.api.Test;

/** A node that runs for years has interfaces come and go. */
class EndpointsTest {

  private final Bench bench = Bench.open();

  /** Counted among the node's as long as it has a connection, whoever else knows it. */
  private StreamBridge connection() {
    Endpoint endpoint = bench.connections.endpoint(bench.endpoint.options());
    StreamBridge bridge =
        endpoint.accepted(
            endpoint.admit(null), bench.loop, UnpooledByteBufAllocator.DEFAULT, bench);
    bridge.begin();
    bridge.registered();
    bridge.established(null);
    return bridge;
  }

  private WeakReference<Endpoint> onceUsed() {
    StreamBridge bridge = connection();
    WeakReference<Endpoint> endpoint = new WeakReference<>(bridge.endpoint());
    assertThat(bench.connections.remains().places()).isEqualTo(2);
    bridge.abort(Ending.DRAIN_DEADLINE);
    bridge.wireClosed();
    bridge.wireGone();
    return endpoint;
  }

  private static boolean collected(WeakReference<?> reference) {
    for (int i = 0; i < 20 && reference.get() != null; i++) {
      System.gc();
    }
    return reference.get() == null;
  }

  @Test
  void oneThatNobodyKnowsAnyMoreIsCollected() {
    WeakReference<Endpoint> endpoint = onceUsed();
    bench.sessions.clear();
    bench.loop.runAll();

    assertThat(collected(endpoint)).isTrue();
    assertThat(bench.connections.remains().places()).isEqualTo(1);
  }

  @Test
  void oneWithAConnectionIsKeptByIt() {

    connection();

    System.gc();

    assertThat(bench.connections.remains().places()).isEqualTo(2);
    assertThat(bench.connections.count()).isEqualTo(2);
  }
}
