// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import dev.sluice.protocol.http2.FrameClient.Frame;
import org.junit.jupiter.api.Test;

/** What requests are answered with. */
class RequestsTest {

  static HttpNode node(Settings settings, TestApp app) throws Exception {
    HttpNode.Options options = settings.options();
    options.protocol = new Http2Protocol();
    return options.start(app);
  }

  @Test
  void aRequestIsAnswered() throws Exception {
    try (HttpNode node = node(new Settings(), new TestApp());
        FrameClient client = FrameClient.connect(node.port())) {
      int stream = client.get("/hello");
      Frame head = client.awaitHeaders(stream);
      assertThat(head.status()).isEqualTo("200");
      assertThat(head.headers().get("content-length")).hasToString("13");
      assertThat(client.body(stream)).asString().isEqualTo("Hello, World!");
    }
  }

  @Test
  void headersOnAHalfClosedStream() throws Exception {
    try (HttpNode node = node(new Settings(), new TestApp());
        FrameClient client = FrameClient.connect(node.port())) {
      int stream = client.newStream();
      byte[] block = client.encode(FrameClient.request("GET", "/hello"));
      byte[] frame = FrameClient.frame(1, 5, stream, block);
      byte[] block2 = client.encode(FrameClient.request("GET", "/hello"));
      byte[] frame2 = FrameClient.frame(1, 5, stream, block2);
      byte[] both = new byte[frame.length + frame2.length];
      System.arraycopy(frame, 0, both, 0, frame.length);
      System.arraycopy(frame2, 0, both, frame.length, frame2.length);
      client.send(both);
      assertThat(client.awaitReset(stream).errorCode()).isEqualTo(5);
    }
  }
}
