// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.rpc.CancelReason;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Answers that wait for those before them count, for the connection and for the node. */
@Timeout(60)
class WaitingAnswersTest {

  private static final int MB = 1 << 20;

  /** Of three that wait the last finds less than this before it, a fourth more. */
  private static final int BOUND = 5 * MB / 2;

  private final TestApp app = new TestApp();

  private HttpNode node(long connectionBound, long nodeBound) throws Exception {
    Settings settings = new Settings();
    settings.maxWaiting = connectionBound;
    HttpNode.Options options = settings.options();
    options.outboundQueueLimit = nodeBound;
    return options.start(app);
  }

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }

  private List<RpcContext> begin(HttpClient client, int count) throws Exception {
    StringBuilder requests = new StringBuilder();
    for (int i = 0; i < count; i++) {
      requests.append(get("/wait/" + i));
    }
    client.send(requests.toString());
    List<RpcContext> begun = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      begun.add(app.nextBegun());
    }
    return begun;
  }

  private static ByteBuf megabyte() {
    return Unpooled.wrappedBuffer(new byte[MB]);
  }

  private static void respond(RpcContext request) {
    boolean unused = request.respond(RpcResponse.of(200).body(megabyte()));
  }

  private static void assertMegabytes(HttpClient client, int answers) throws Exception {
    for (int i = 0; i < answers; i++) {
      assertThat(client.answer().body().remaining()).as("answer " + i).isEqualTo(MB);
    }
  }

  @Test
  void whatWaitsCountsForTheNodeUntilItHasGone() throws Exception {
    try (HttpNode node = node(32 * MB, 128 * MB);
        HttpClient client = node.connect()) {
      List<RpcContext> begun = begin(client, 4);
      begun.subList(1, 4).forEach(WaitingAnswersTest::respond);
      HttpNode.await("three wait", () -> node.outboundQueued() >= 3L * MB);
      respond(begun.get(0));
      assertMegabytes(client, 4);
      HttpNode.await("nothing waits", () -> node.outboundQueued() == 0);
      assertThat(node.counted("answers_waiting")).isZero();
    }
  }

  @Test
  void whatWaitedIsFreeAtTheEndOfItsConnection() throws Exception {
    try (HttpNode node = node(32 * MB, 128 * MB)) {
      try (HttpClient client = node.connect()) {
        begin(client, 4).subList(1, 4).forEach(WaitingAnswersTest::respond);
        HttpNode.await("three wait", () -> node.outboundQueued() >= 3L * MB);
        client.reset();
      }
      HttpNode.await("nothing waits", () -> node.outboundQueued() == 0);
    }
  }

  @Test
  void beyondTheConnectionsBoundTheAnswersInFrontGoOutWholeAndItEndsBehindThem() throws Exception {
    try (HttpNode node = node(BOUND, 128 * MB);
        HttpClient client = node.connect()) {
      List<RpcContext> begun = begin(client, 8);
      // The last one is measured against what waited before it.
      begun.subList(1, 6).forEach(WaitingAnswersTest::respond);
      HttpNode.await("one finds too much", () -> node.counted("answers_waiting") == 1);
      assertThat(node.outboundQueued()).isBetween(2L * MB, 3L * MB + (64 << 10));
      HttpNode.await("nobody waits for the others", () -> app.cancelled.size() >= 2);
      assertThat(app.cancelled).containsOnly(CancelReason.CLIENT_GONE);
      respond(begun.get(0));
      assertMegabytes(client, 4);
      assertThat(client.rest()).isEmpty();
      assertThat(node.counted("answers_waiting")).isEqualTo(1);
      HttpNode.await("nothing waits", () -> node.outboundQueued() == 0);
    }
  }

  /** Those behind it would find no way out without it. */
  @Test
  void anAnswerFurtherInFrontTakesTheRoomOfThoseBehind() throws Exception {
    try (HttpNode node = node(BOUND, 128 * MB);
        HttpClient client = node.connect()) {
      List<RpcContext> begun = begin(client, 6);
      begun.subList(3, 6).forEach(WaitingAnswersTest::respond);
      HttpNode.await("three wait", () -> node.outboundQueued() >= 3L * MB);
      respond(begun.get(1));
      respond(begun.get(2));
      HttpNode.await("room was made", () -> node.counted("answers_waiting") == 1);
      respond(begun.get(0));
      assertMegabytes(client, 4);
      assertThat(client.rest()).isEmpty();
    }
  }

  @Test
  void onManyConnectionsTogetherNoMoreThanTheNodesHalfWaits() throws Exception {
    List<HttpClient> clients = new ArrayList<>();
    List<RpcContext> behind = new ArrayList<>();
    try (HttpNode node = node(64 * MB, 8 * MB)) {
      for (int i = 0; i < 6; i++) {
        HttpClient client = node.connect();
        clients.add(client);
        behind.add(begin(client, 2).get(1));
      }
      behind.forEach(WaitingAnswersTest::respond);
      HttpNode.await(
          "there is room for three and a little", () -> node.outboundQueued() >= 3L * MB);
      assertThat(node.outboundQueued()).isLessThan(5L * MB);
      try (HttpClient reader = node.connect()) {
        reader.send(get("/bytes/1000000"));
        assertThat(reader.answer().body().remaining()).isEqualTo(1_000_000);
        // Of requests behind one at work no more are begun for now.
        reader.send(get("/wait/x") + get("/wait/y"));
        RpcContext x = app.nextBegun();
        assertThat(app.begun).isEmpty();
        respond(x);
        respond(app.nextBegun());
        assertMegabytes(reader, 2);
      }
    } finally {
      for (HttpClient client : clients) {
        client.close();
      }
    }
  }

  /** From a handler that does not hold back. */
  @Test
  void partsThatWaitShareTheBound() throws Exception {
    try (HttpNode node = node(BOUND, 128 * MB);
        HttpClient client = node.connect()) {
      List<RpcContext> begun = begin(client, 3);
      respond(begun.get(1));
      ResponseBody parts = begun.get(2).respondStreaming(RpcResponse.of(200));
      int written = 0;
      while (parts.write(megabyte())) {
        assertThat(++written).isLessThan(1000);
      }
      assertThat(node.counted("answers_waiting")).isEqualTo(1);
      respond(begun.get(0));
      assertMegabytes(client, 2);
      assertThat(client.rest()).isEmpty();
    }
  }
}
