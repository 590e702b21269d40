// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import dev.sluice.protocol.http2.PoliteClient.Answer;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Error;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Answers that wait for their client's windows count, for the connection and for the node. */
@Timeout(60)
class WaitingAnswersTest {

  private static final int MB = 1 << 20;
  private static final int ANSWER = MB;
  private static final int PLENTY = 1 << 30;

  private final TestApp app = new TestApp();

  private HttpNode node(long connectionBound, long nodeBound) throws Exception {
    Settings settings = new Settings();
    settings.maxWaiting = connectionBound;
    HttpNode.Options options = settings.options();
    options.protocol = new Http2Protocol();
    options.outboundQueueLimit = nodeBound;
    return options.start(app);
  }

  private static ByteBuf bytes(RpcContext request, int length) {
    return request.connection().allocator().buffer(length).writeZero(length);
  }

  /** Whole ones, of which the client lets nothing come. */
  private List<Integer> answers(PoliteClient client, int count) throws Exception {
    List<Integer> streams = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      streams.add(client.get("/wait/" + i));
      RpcContext request = app.nextBegun();
      assertThat(request.respond(RpcResponse.of(200).body(bytes(request, ANSWER)))).isTrue();
    }
    return streams;
  }

  private static void awaitReset(HttpNode node, int answers) {
    HttpNode.await("as many are reset", () -> node.counted("answers_waiting") == answers);
  }

  private static int reset(PoliteClient client, List<Integer> streams) throws Exception {
    client.turn();
    int reset = 0;
    for (int stream : streams) {
      Answer so = client.so(stream);
      if (so.done()) {
        assertThat(so.reset).isEqualTo((int) Http2Error.ENHANCE_YOUR_CALM.code());
        reset++;
      }
    }
    return reset;
  }

  private static void assertTheOthersArriveWhole(PoliteClient client, List<Integer> streams)
      throws Exception {
    client.open(0, PLENTY);
    for (int stream : streams) {
      if (!client.so(stream).done()) {
        client.open(stream, ANSWER);
      }
    }
    for (int stream : streams) {
      Answer answer = client.answer(stream);
      assertThat(answer.ended ? answer.length() : 0).isEqualTo(answer.ended ? ANSWER : 0);
    }
  }

  @Test
  void aConnectionKeepsNoMoreThanItsBoundWaiting() throws Exception {
    try (HttpNode node = node(2 * MB, 128 * MB);
        PoliteClient client = PoliteClient.connect(node.port(), FrameClient.INITIAL_WINDOW, 0)) {
      List<Integer> streams = answers(client, 10);
      // The last one is measured against what waited before it.
      awaitReset(node, 7);
      assertThat(reset(client, streams)).isEqualTo(7);
      HttpNode.await("they count for the node", () -> node.outboundQueued() == 3 * ANSWER);
      assertTheOthersArriveWhole(client, streams);
      HttpNode.await("nothing waits", () -> node.outboundQueued() == 0);
      int later = client.get("/bytes/1000000");
      client.open(later, MB);
      assertThat(client.whole(later).length()).isEqualTo(1_000_000);
    }
  }

  @Test
  void aConnectionKeepsNoMoreThanTheNodesBoundWaiting() throws Exception {
    try (HttpNode node = node(64 * MB, 8 * MB);
        PoliteClient one = PoliteClient.connect(node.port(), FrameClient.INITIAL_WINDOW, 0);
        PoliteClient other = PoliteClient.connect(node.port())) {
      List<Integer> streams = answers(one, 10);
      // Of the half that may wait a quarter is for connections with little waiting.
      awaitReset(node, 6);
      assertThat(node.outboundQueued()).as("half of what there may be").isEqualTo(4L * MB);
      assertThat(reset(one, streams)).isEqualTo(6);
      assertThat(other.whole(other.get("/bytes/1000000")).length())
          .as("who takes what it asks for")
          .isEqualTo(1_000_000);
      assertTheOthersArriveWhole(one, streams);
      HttpNode.await("nothing waits", () -> node.outboundQueued() == 0);
    }
  }

  /** However many connections there are, each with a single answer. */
  @Test
  void manyConnectionsWithAnAnswerEachKeepNoMoreThanTheNodesBoundWaiting() throws Exception {
    List<PoliteClient> clients = new ArrayList<>();
    try (HttpNode node = node(64 * MB, 8 * MB)) {
      fill(node, clients, 10);
      HttpNode.await("half of what there may be", () -> node.outboundQueued() == 4L * MB);
      try (PoliteClient reader = PoliteClient.connect(node.port())) {
        assertThat(reader.whole(reader.get("/bytes/1000000")).length())
            .as("who takes what it asks for")
            .isEqualTo(1_000_000);
      }
      assertThat(node.outboundQueued()).isLessThanOrEqualTo(4L * MB);
    } finally {
      clients.forEach(PoliteClient::close);
    }
  }

  private void fill(HttpNode node, List<PoliteClient> clients, int connections) throws Exception {
    for (int i = 0; i < connections; i++) {
      PoliteClient client = PoliteClient.connect(node.port(), FrameClient.INITIAL_WINDOW, 0);
      clients.add(client);
      answers(client, 1);
    }
  }

  /** Its windows are small, so that nearly all of its answers have to wait a little. */
  @Test
  void whoReadsFindsRoomWhileOthersThatDoNotHoldAllOfIt() throws Exception {
    List<PoliteClient> clients = new ArrayList<>();
    try (HttpNode node = node(64 * MB, 32 * MB);
        PoliteClient reader = PoliteClient.connect(node.port())) {
      fill(node, clients, 16);
      HttpNode.await("the node is full", () -> node.outboundQueued() == 16L * MB);
      // Until they have stood still for long enough.
      int whole = 0;
      while (whole < 8) {
        whole = 0;
        for (int stream : answers(reader, 8)) {
          whole += reader.answer(stream).length() == ANSWER ? 1 : 0;
        }
      }
      for (int round = 0; round < 3; round++) {
        for (int stream : answers(reader, 8)) {
          assertThat(reader.whole(stream).length()).isEqualTo(ANSWER);
        }
      }
      assertThat(node.metrics().open()).as("some need not end").isGreaterThan(1);
    } finally {
      clients.forEach(PoliteClient::close);
    }
  }

  @Test
  void whatAConnectionKeptIsFreeAtItsEnd() throws Exception {
    try (HttpNode node = node(64 * MB, 8 * MB)) {
      try (PoliteClient client = PoliteClient.connect(node.port(), FrameClient.INITIAL_WINDOW, 0)) {
        answers(client, 4);
        HttpNode.await("it waits", () -> node.outboundQueued() == 4L * ANSWER);
      }
      HttpNode.await("nothing waits", () -> node.outboundQueued() == 0);
    }
  }

  /** Its handlers each hold back, or not. */
  @Test
  void streamedAnswersShareTheBound() throws Exception {
    try (HttpNode node = node(MB, 128 * MB);
        PoliteClient client = PoliteClient.connect(node.port(), FrameClient.INITIAL_WINDOW, 0)) {
      List<Integer> streams = new ArrayList<>();
      List<ResponseBody> bodies = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        streams.add(client.get("/wait/" + i));
        RpcContext request = app.nextBegun();
        ResponseBody body = request.respondStreaming(RpcResponse.of(200));
        bodies.add(body);
        for (int part = 0; part < 16; part++) {
          boolean unused = body.write(bytes(request, 64 << 10));
        }
      }
      awaitReset(node, 9);
      assertThat(reset(client, streams)).isEqualTo(9);
      HttpNode.await("what waits", () -> node.outboundQueued() <= 2 * MB);
      bodies.forEach(ResponseBody::finish);
    }
  }
}
