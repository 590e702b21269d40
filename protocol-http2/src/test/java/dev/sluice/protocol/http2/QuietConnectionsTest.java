// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static dev.sluice.protocol.http2.FrameClient.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import dev.sluice.protocol.http2.FrameClient.Frame;
import dev.sluice.session.bridge.EndpointOptions;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;

/** What may be silent for long, and what may not. */
@ResourceLock(value = HttpNode.LOG, mode = ResourceAccessMode.READ)
class QuietConnectionsTest {

  private static final Duration SHORT = Duration.ofMillis(300);

  @Test
  void aStreamBothWaysMayBeSilentOnceItsAnswerHasBegun() throws Exception {
    Settings settings = new Settings();
    settings.bodyTimeout = SHORT;
    try (AttackedNode attacked = new AttackedNode(settings);
        FrameClient client = attacked.attacker()) {
      int stream = client.request(request("POST", "/stream"), false);
      assertThat(client.awaitHeaders(stream).status()).isEqualTo("200");
      Frame said = client.nextWithin(SHORT.multipliedBy(4));
      assertThat(said).as("what the node says of the silence").isNull();
      client.data(stream, "late".getBytes(StandardCharsets.US_ASCII), true);
      assertThat(client.body(stream)).asString().isEqualTo("late");
    }
  }

  @Test
  void aConnectionWithoutRequestsEndsByGoAwayThoughItPings() throws Exception {
    HttpNode.Options options = new Settings().options();
    EndpointOptions.Limits limits = EndpointOptions.Limits.defaults();
    options.limits =
        new EndpointOptions.Limits(
            Duration.ofSeconds(1),
            limits.handshakeTimeout(),
            limits.slowConsumerTimeout(),
            limits.highMark(),
            limits.hardMark(),
            limits.lingerTimeout());
    options.protocol = new Http2Protocol();
    try (HttpNode node = options.start(new TestApp());
        FrameClient client = FrameClient.connect(node.port())) {
      AttackedNode.serve(client);
      long deadline = System.nanoTime() + HttpNode.PATIENCE.toNanos();
      Frame frame;
      do {
        client.write(FrameClient.PING, 0, 0, new byte[8]);
        frame = client.nextWithin(Duration.ofMillis(200));
        while (frame != null && frame.type() == FrameClient.PING) {
          frame = client.nextWithin(Duration.ofMillis(200));
        }
        assertThat(System.nanoTime()).as("kept by its PINGs").isLessThan(deadline);
      } while (frame == null || frame.type() != FrameClient.GOAWAY);
      assertThat(frame.errorCode()).isZero();
      HttpNode.await(
          "its end", () -> node.metrics().closes().getOrDefault("idle_timeout", 0L) == 1);
    }
  }
}
