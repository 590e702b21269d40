// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import dev.sluice.api.rpc.BodyReceiver;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import dev.sluice.protocol.http2.FrameClient.Frame;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A hundred megabytes between a fast end and a slow one, in little memory. */
class LargeBodiesTest {

  private static final int LENGTH = 100 << 20;
  private static final long LITTLE = 64L << 20;

  /** Its figure is what it has ever asked the system for. */
  private final PooledByteBufAllocator allocator = new PooledByteBufAllocator(true);

  private HttpNode node(TestApp app) throws Exception {
    Settings settings = new Settings();
    settings.maxBody = 1L << 30;
    HttpNode.Options options = settings.options();
    options.protocol = new Http2Protocol();
    options.allocator = allocator;
    return options.start(app);
  }

  @ParameterizedTest
  @EnumSource(
      value = Execution.class,
      names = {"EVENT_LOOP", "WORKERS"})
  void goUpToASlowHandler(Execution execution) throws Exception {
    TestApp app = new TestApp(execution);
    try (HttpNode node = node(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      int stream = client.begin("POST", "/wait/x", false);
      RpcContext request = app.nextBegun();
      request.receive(new Slow(request));
      byte[] block = new byte[1 << 20];
      for (int i = 0; i < LENGTH / block.length; i++) {
        client.send(stream, block, false);
      }
      client.send(stream, new byte[0], true);
      assertThat(client.whole(stream).text()).isEqualTo(Integer.toString(LENGTH));
      assertThat(allocator.metric().usedDirectMemory()).isPositive().isLessThan(LITTLE);
    }
  }

  private static final class Slow implements BodyReceiver {
    private final RpcContext request;
    private long length;
    private long pause;

    Slow(RpcContext request) {
      this.request = request;
    }

    @Override
    public void part(ByteBuf data) {
      length += data.readableBytes();
      // Slower than the client, and on a loop without blocking it for long.
      if (length >= pause) {
        pause = length + (64 << 10);
        LockSupport.parkNanos(200_000);
      }
    }

    @Override
    public void end() {
      assertThat(request.respond(RpcResponse.text(Long.toString(length)))).isTrue();
    }
  }

  @Test
  void goDownToASlowReader() throws Exception {
    try (HttpNode node = node(new TestApp());
        FrameClient client =
            FrameClient.connect(node.port(), FrameClient.INITIAL_WINDOW, 1 << 20)) {
      client.window(0, 1 << 20);
      int stream = client.get("/bytes/" + LENGTH);
      long at = 0;
      int frames = 0;
      Frame frame = client.awaitHeaders(stream);
      while (!frame.ends()) {
        frame = client.await(one -> one.type() == FrameClient.DATA);
        byte[] part = frame.payload();
        for (int i = 0; i < part.length; i += 997) {
          assertThat(part[i]).isEqualTo(TestApp.patternAt(at + i));
        }
        at += part.length;
        if (!frame.ends()) {
          client.window(0, part.length);
          client.window(stream, part.length);
        }
        if (frames++ % 50 == 0) {
          LockSupport.parkNanos(1_000_000);
        }
      }
      assertThat(at).isEqualTo(LENGTH);
      assertThat(allocator.metric().usedDirectMemory()).isPositive().isLessThan(LITTLE);
    }
  }
}
