// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nodetest;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.EndpointCall;
import dev.sluice.protocol.http.EndpointHandler;
import dev.sluice.protocol.http.Endpoints;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.RepeatedTest;

/**
 * A strict node does not blame HTTP for an application that holds back and a client that is slow.
 */
class StrictHttpTest {

  private static final int PART = 16 << 10;
  private static final int PARTS = 400;

  private static final class Streaming extends EndpointHandler {
    Streaming() {
      super("streaming", "/");
    }

    @Override
    protected void endpoints(Endpoints to) {
      to.get("/large", Streaming::large);
    }

    private static void large(EndpointCall call) throws InterruptedException {
      ResponseBody body = call.request().respondStreaming(RpcResponse.of(200));
      for (int part = 0; part < PARTS && body.awaitWritable(Duration.ofSeconds(30)); part++) {
        body.write(Unpooled.wrappedBuffer(new byte[PART]));
      }
      body.finish();
    }
  }

  @RepeatedTest(6)
  void aSlowClientOfAnApplicationThatHoldsBack() throws IOException {
    try (SluiceNode node = SluiceNode.with(new Streaming()).start()) {
      try (Socket client = node.connect()) {
        client
            .getOutputStream()
            .write(
                "GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".getBytes(US_ASCII));
        InputStream in = client.getInputStream();
        assertThat(in.readNBytes(1_000)).hasSize(1_000);
        // The marks are reached, and the application waits.
        RunningNode.await(() -> node.figures("plain").bytesOut() > 100_000);
        assertThat(in.readAllBytes().length).isGreaterThan(PART * PARTS);
      }
      node.awaitClosed();
    }
  }
}
