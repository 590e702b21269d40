// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.TestApp;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Clients that leave without a word. */
@ResourceLock(HttpNode.LOG)
@Timeout(60)
class LeavingClientsTest {

  private static final int CLIENTS = 60;

  /** What can't be sent to them any more is no failure of the node's. */
  @Test
  void thoseThatLeaveWhileTheirAnswersBreakOffAreNotCountedAsErrors() throws Exception {
    HttpNode.Options options = new HttpNode.Options();
    options.protocol = new Http2Protocol();
    options.allocator = HttpNode.untraced();
    try (HttpNode node = options.start(new TestApp())) {
      for (int i = 0; i < CLIENTS; i++) {
        FrameClient client = FrameClient.connect(node.port());
        for (int request = 0; request < 10; request++) {
          client.write(
              FrameClient.HEADERS,
              FrameClient.END_HEADERS | FrameClient.END_STREAM,
              client.newStream(),
              FrameClient.block(
                  ":method", "GET", ":scheme", "http", ":authority", "a", ":path", "/short"));
        }
        client.leave();
      }
      HttpNode.await("all have come and gone", () -> node.metrics().accepted() == CLIENTS);
      HttpNode.await("all have gone", () -> node.metrics().open() == 0);
      assertThat(node.counted("http2_internal_error")).isZero();
    }
  }
}
