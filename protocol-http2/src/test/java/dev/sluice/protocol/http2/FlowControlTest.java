// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import dev.sluice.api.rpc.BodyReceiver;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import dev.sluice.protocol.http2.PoliteClient.Answer;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2Error;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** RFC 9113, section 5.2: who does not read stops one stream, at either end, and no other. */
class FlowControlTest {

  private static final int WINDOW = 256 << 10;
  private static final int UNREAD = 30;
  private static final int PLENTY = 1 << 30;
  private static final int DEFAULT_WINDOW = 65_535;

  private static HttpNode node(TestApp app) throws Exception {
    Settings settings = new Settings();
    settings.maxBody = 1L << 30;
    settings.window = WINDOW;
    HttpNode.Options options = settings.options();
    options.protocol = new Http2Protocol();
    // Of which a quarter may be windows.
    options.inboundQueueLimit = 64 << 20;
    return options.start(app);
  }

  private static void assertPattern(Answer answer, int length) {
    byte[] body = answer.bytes().array();
    assertThat(body.length).isEqualTo(length);
    for (int i = 0; i < length; i++) {
      if (body[i] != TestApp.patternAt(i)) {
        throw new AssertionError("byte " + i + " is another's");
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Execution.class,
      names = {"EVENT_LOOP", "WORKERS"})
  void aHandlerThatDoesNotReadStopsItsOwnStreamAlone(Execution execution) throws Exception {
    TestApp app = new TestApp(execution);
    try (HttpNode node = node(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      List<Integer> unread = new ArrayList<>();
      List<RpcContext> requests = new ArrayList<>();
      for (int i = 0; i < UNREAD; i++) {
        int stream = client.begin("POST", "/never-reads", false);
        client.send(stream, new byte[WINDOW], false);
        unread.add(stream);
        requests.add(app.nextBegun());
      }
      client.turn();
      assertThat(unread).as("windows of the streams").allMatch(one -> client.credit(one) == 0);
      assertThat(client.connectionCredit()).as("the connection's").isPositive();

      byte[] body = new byte[900_000];
      assertThat(client.whole(client.post("/echo", body)).length()).isEqualTo(body.length);
      assertThat(client.whole(client.get("/bytes/1000000")).length()).isEqualTo(1_000_000);

      for (int i = 0; i < UNREAD; i++) {
        requests.get(i).receive(new Counting(requests.get(i)));
        client.send(unread.get(i), new byte[WINDOW], true);
        assertThat(client.whole(unread.get(i)).text()).isEqualTo(Integer.toString(2 * WINDOW));
      }
    }
  }

  /**
   * All streams that there may be, as full as their windows let them: the budget has room for it.
   */
  @ParameterizedTest
  @EnumSource(
      value = Execution.class,
      names = {"EVENT_LOOP", "WORKERS"})
  void handlersThatDoNotReadNeverFillTheNode(Execution execution) throws Exception {
    TestApp app = new TestApp(execution);
    try (HttpNode node = RequestsTest.node(new Settings(), app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      int most = new Settings().maxStreams;
      for (int i = 0; i < most - 1; i++) {
        int stream = client.begin("POST", "/never-reads", false);
        while (client.credit(stream) > 0) {
          client.send(stream, new byte[client.credit(stream)], false);
          client.turn();
        }
        assertThat(app.nextBegun().cancelled()).isFalse();
      }
      long limit = new Settings().options().inboundQueueLimit;
      assertThat(node.inboundQueued()).as("kept").isLessThan(limit);
      byte[] body = new byte[900_000];
      assertThat(client.whole(client.post("/echo", body)).length()).isEqualTo(body.length);
      assertThat(client.whole(client.get("/hello")).status()).isEqualTo("200");
    }
  }

  /** Answers with the length. */
  private static final class Counting implements BodyReceiver {
    private final RpcContext request;
    private long length;

    Counting(RpcContext request) {
      this.request = request;
    }

    @Override
    public void part(ByteBuf data) {
      length += data.readableBytes();
    }

    @Override
    public void end() {
      assertThat(request.respond(RpcResponse.text(Long.toString(length)))).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Execution.class,
      names = {"EVENT_LOOP", "WORKERS"})
  void aHandlerThatPausesAndGoesOnGetsAllOfItsBody(Execution execution) throws Exception {
    TestApp app = new TestApp(execution);
    try (HttpNode node = node(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      int stream = client.begin("POST", "/never-reads", false);
      RpcContext request = app.nextBegun();
      request.receive(new Counting(request));
      request.pauseBody();
      client.turn();
      client.send(stream, new byte[WINDOW], false);
      client.turn();
      assertThat(client.credit(stream)).isZero();
      request.resumeBody();
      client.send(stream, new byte[2 * WINDOW], true);
      assertThat(client.whole(stream).text()).isEqualTo(Integer.toString(3 * WINDOW));
    }
  }

  @ParameterizedTest
  @EnumSource(Execution.class)
  void aClientThatDoesNotReadAStreamStopsItsHandlerAlone(Execution execution) throws Exception {
    TestApp app = new TestApp(execution);
    try (HttpNode node = node(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      client.open(0, PLENTY);
      List<Integer> stopped = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        int stream = client.get("/bytes/3000000");
        client.unread.add(stream);
        stopped.add(stream);
      }
      for (int stream : stopped) {
        client.until(() -> client.room(stream) == 0);
      }
      client.turn();
      assertThat(node.buffersAlive()).as("what waits").isLessThan(10 * (512 << 10));

      assertPattern(client.whole(client.get("/bytes/1000000")), 1_000_000);
      byte[] body = new byte[900_000];
      assertThat(client.whole(client.post("/stream", body)).length()).isEqualTo(body.length);
      assertThat(stopped).allMatch(one -> client.so(one).length() == DEFAULT_WINDOW);

      client.unread.clear();
      for (int stream : stopped) {
        client.open(stream, DEFAULT_WINDOW);
      }
      for (int stream : stopped) {
        assertPattern(client.whole(stream), 3_000_000);
      }
    }
  }

  @Test
  void aHandlerThatWaitsIsWokenByTheWindow() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      client.opensWindows = false;
      client.open(0, PLENTY);
      int stream = client.get("/wait/x");
      ResponseBody answer = app.nextBegun().respondStreaming(RpcResponse.of(200));
      AtomicLong written = new AtomicLong();
      CompletableFuture<Void> writing =
          CompletableFuture.runAsync(
              () -> {
                try {
                  for (int i = 0; i < 200; i++) {
                    assertThat(answer.awaitWritable(HttpNode.PATIENCE)).isTrue();
                    assertThat(answer.write(Unpooled.wrappedBuffer(new byte[10_000]))).isTrue();
                    written.addAndGet(10_000);
                  }
                  answer.finish();
                } catch (InterruptedException e) {
                  throw new AssertionError(e);
                }
              });
      client.until(() -> client.room(stream) == 0);
      HttpNode.await("it is told to wait", () -> !answer.isWritable());
      assertThat(answer.awaitWritable(Duration.ofMillis(50))).isFalse();
      long before = written.get();
      assertThat(before).isBetween((long) DEFAULT_WINDOW, 600_000L);
      assertThat(client.whole(client.get("/say/other")).text()).isEqualTo("other");
      assertThat(written.get()).isEqualTo(before);

      client.open(stream, 2_000_000);
      assertThat(client.whole(stream).length()).isEqualTo(2_000_000);
      writing.join();
    }
  }

  @Test
  void theConnectionsWindowIsSharedByItsStreams() throws Exception {
    try (HttpNode node = node(new TestApp());
        PoliteClient client =
            PoliteClient.connect(node.port(), FrameClient.INITIAL_WINDOW, 1 << 24)) {
      client.opensWindows = false;
      List<Integer> streams = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        streams.add(client.get("/bytes/200000"));
      }
      client.until(() -> total(client, streams) == DEFAULT_WINDOW);
      client.turn();
      assertThat(total(client, streams)).isEqualTo(DEFAULT_WINDOW);
      assertThat(client.whole(client.get("/empty")).status())
          .as("heads need none")
          .isEqualTo("204");

      client.open(0, 100_000);
      client.until(() -> total(client, streams) == DEFAULT_WINDOW + 100_000);
      assertThat(streams)
          .as("each has its share")
          .allMatch(one -> client.so(one).length() > 10_000);
      client.open(0, PLENTY);
      for (int stream : streams) {
        assertPattern(client.whole(stream), 200_000);
      }
    }
  }

  private static int total(PoliteClient client, List<Integer> streams) {
    return streams.stream().mapToInt(stream -> client.so(stream).length()).sum();
  }

  /** RFC 9113, section 6.9.2. */
  @Test
  void settingsThatOverflowAStreamsWindowEndTheConnection() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app);
        FrameClient client = FrameClient.connect(node.port())) {
      int stream = client.get("/wait/x");
      assertThat(app.nextBegun().cancelled()).isFalse();
      client.window(stream, Integer.MAX_VALUE - DEFAULT_WINDOW);
      client.settings(FrameClient.INITIAL_WINDOW, DEFAULT_WINDOW + 1);
      FrameClient.Frame last =
          client.await(
              one -> one.type() == FrameClient.GOAWAY || one.type() == FrameClient.RST_STREAM);
      assertThat(last.type()).isEqualTo(FrameClient.GOAWAY);
      assertThat(last.errorCode()).isEqualTo((int) Http2Error.FLOW_CONTROL_ERROR.code());
      client.awaitEnd();
    }
  }

  /** RFC 9113, section 6.9.2: open streams' windows change with it, below zero too. */
  @Test
  void aWindowThatIsChangedInTheMiddleIsKept() throws Exception {
    try (HttpNode node = node(new TestApp());
        PoliteClient client = PoliteClient.connect(node.port())) {
      client.opensWindows = false;
      client.open(0, PLENTY);
      int stream = client.get("/bytes/300000");
      client.until(() -> client.so(stream).length() == DEFAULT_WINDOW);

      client.openInitially(0);
      int later = client.get("/bytes/1000");
      client.turn();
      assertThat(client.room(stream)).isEqualTo(-DEFAULT_WINDOW);
      client.open(stream, DEFAULT_WINDOW);
      client.turn();
      assertThat(client.so(stream).length()).as("no more than nothing").isEqualTo(DEFAULT_WINDOW);
      client.open(stream, 1);
      client.until(() -> client.so(stream).length() == DEFAULT_WINDOW + 1);
      assertThat(client.so(later).status()).isEqualTo("200");
      assertThat(client.so(later).length()).isZero();

      client.openInitially(100_000);
      assertPattern(client.whole(later), 1000);
      client.until(() -> client.so(stream).length() == DEFAULT_WINDOW + 1 + 100_000);
      client.turn();
      client.openInitially(1000);
      client.openInitially(1 << 20);
      assertPattern(client.whole(stream), 300_000);
    }
  }
}
