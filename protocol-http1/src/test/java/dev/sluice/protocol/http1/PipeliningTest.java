// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import dev.sluice.api.rpc.CancelReason;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http1.HttpClient.Answer;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Many requests on a connection: their answers, their order, and how many are at work at once. */
class PipeliningTest {

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }

  private static String post(String path, String body) {
    return "POST "
        + path
        + " HTTP/1.1\r\nHost: a\r\nContent-Length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  private static final int LARGE = 17 << 20;

  /** More than may be queued to a client. */
  private static RpcResponse large() {
    return RpcResponse.of(200).body(Unpooled.wrappedBuffer(new byte[LARGE]));
  }

  @ParameterizedTest
  @EnumSource(Execution.class)
  void twentyRequestsInOneWriteAreAnsweredInOrder(Execution execution) throws Exception {
    try (HttpNode node = HttpNode.serving(new TestApp(execution));
        HttpClient client = node.connect()) {
      StringBuilder requests = new StringBuilder();
      for (int i = 0; i < 20; i++) {
        requests.append(i % 3 == 0 ? post("/echo", "body " + i) : get("/say/word" + i));
      }
      client.send(requests.toString());
      for (int i = 0; i < 20; i++) {
        assertThat(client.answer().text()).isEqualTo((i % 3 == 0 ? "body " : "word") + i);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Execution.class)
  void tenThousandRequestsOnOneConnection(Execution execution) throws Exception {
    HttpNode.Options options = new HttpNode.Options();
    options.allocator = HttpNode.untraced();
    try (HttpNode node = options.start(new TestApp(execution));
        HttpClient client = node.connect()) {
      for (int i = 0; i < 10_000; i++) {
        client.send(get("/say/" + i));
        Answer answer = client.answer();
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text()).isEqualTo(Integer.toString(i));
      }
      assertThat(node.metrics().accepted()).isEqualTo(1);
    }
  }

  @Test
  void answersKeepTheOrderOfTheirRequests() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = HttpNode.serving(app);
        HttpClient client = node.connect()) {
      client.send(get("/wait/a") + get("/wait/b") + get("/say/c") + get("/bytes/100000"));
      app.nextBegun();
      app.nextBegun();
      boolean second = app.waiting.get("/wait/b").respond(RpcResponse.text("b"));
      assertThat(second).isTrue();
      assertThat(client.hasInput()).as("an answer before its turn").isFalse();
      boolean first = app.waiting.get("/wait/a").respond(RpcResponse.text("a"));
      assertThat(first).isTrue();
      assertThat(client.answer().text()).isEqualTo("a");
      assertThat(client.answer().text()).isEqualTo("b");
      assertThat(client.answer().text()).isEqualTo("c");
      assertThat(client.answer().body().remaining()).isEqualTo(100_000);
    }
  }

  /** More at once than may be queued behind: neither its own end nor what is before it suffers. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPartOfAnyLengthArrivesWhole(boolean early) throws Exception {
    TestApp app = new TestApp();
    HttpNode.Options options = new HttpNode.Options();
    options.allocator = HttpNode.untraced();
    try (HttpNode node = options.start(app);
        HttpClient client = node.connect()) {
      client.send(get("/wait/a") + get("/wait/b") + get("/say/c"));
      RpcContext first = app.nextBegun();
      RpcContext second = app.nextBegun();
      if (!early) {
        assertThat(first.respond(RpcResponse.text("a"))).isTrue();
      }
      ResponseBody parts = second.respondStreaming(RpcResponse.of(200));
      assertThat(parts.write(Unpooled.wrappedBuffer(new byte[LARGE]))).isTrue();
      parts.finish(RpcResponse.of(200).header("x-sum", "1"));
      if (early) {
        assertThat(first.respond(RpcResponse.text("a"))).isTrue();
      }
      assertThat(client.answer().text()).isEqualTo("a");
      Answer answer = client.answer();
      assertThat(answer.body().remaining()).isEqualTo(LARGE);
      assertThat(answer.field("x-sum")).isEqualTo("1");
      assertThat(client.answer().text()).isEqualTo("c");
      assertThat(app.cancelled).isEmpty();
    }
  }

  /** It is there already: to wait costs no more than to have been made. */
  @Test
  void aLargeAnswerWaitsForTheOneBeforeItAndTheNextForIt() throws Exception {
    TestApp app = new TestApp();
    HttpNode.Options options = new HttpNode.Options();
    options.allocator = HttpNode.untraced();
    try (HttpNode node = options.start(app);
        HttpClient client = node.connect()) {
      client.send(get("/wait/a") + get("/wait/b") + get("/wait/c"));
      RpcContext first = app.nextBegun();
      RpcContext second = app.nextBegun();
      RpcContext third = app.nextBegun();
      assertThat(second.respond(large())).isTrue();
      assertThat(third.respond(RpcResponse.text("c"))).isTrue();
      assertThat(first.respond(RpcResponse.text("a"))).isTrue();
      assertThat(client.answer().text()).isEqualTo("a");
      assertThat(client.answer().body().remaining()).isEqualTo(LARGE);
      assertThat(client.answer().text()).isEqualTo("c");
      // The next one finds more on its way than may be queued.
      client.send(get("/wait/d"));
      assertThat(app.nextBegun().respond(large())).isTrue();
      client.send(get("/say/e") + get("/say/f"));
      assertThat(client.answer().body().remaining()).isEqualTo(LARGE);
      assertThat(client.answer().text()).isEqualTo("e");
      assertThat(client.answer().text()).isEqualTo("f");
      assertThat(app.cancelled).isEmpty();
    }
  }

  /** Of what comes in parts a handler that holds back keeps nothing waiting. */
  @Test
  void ofAnAnswerThatIsWrittenWithoutEndBeforeItsTurnTheOthersDoNotSuffer() throws Exception {
    TestApp app = new TestApp();
    HttpNode.Options options = new HttpNode.Options();
    options.allocator = HttpNode.untraced();
    try (HttpNode node = options.start(app);
        HttpClient client = node.connect()) {
      client.send(get("/wait/a") + get("/wait/b") + get("/wait/c"));
      RpcContext first = app.nextBegun();
      RpcContext second = app.nextBegun();
      ResponseBody body = second.respondStreaming(RpcResponse.of(200));
      int parts = 0;
      while (body.write(Unpooled.wrappedBuffer(new byte[1 << 20]))) {
        assertThat(body.isWritable()).isFalse();
        assertThat(++parts).isLessThan(1000);
      }
      assertThat(app.cancelled)
          .as("it, and the one behind it, which can't go out without it")
          .containsExactlyInAnyOrder(CancelReason.HANDLER_FAILED, CancelReason.CLIENT_GONE);
      assertThat(node.counted("slow_consumer")).isEqualTo(1);
      assertThat(first.respond(RpcResponse.text("a"))).isTrue();
      assertThat(client.answer().text()).isEqualTo("a");
      assertThat(client.rest()).isEmpty();
    }
  }

  /** RFC 9112, section 9.3.2: only safe requests may be at work side by side. */
  @Test
  void aRequestThatChangesThingsWaitsForThoseBeforeAndIsWaitedFor() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = HttpNode.serving(app);
        HttpClient client = node.connect()) {
      client.send(get("/wait/1") + post("/wait/2", "x") + get("/wait/3"));
      RpcContext first = app.nextBegun();
      assertThat(first.path()).isEqualTo("/wait/1");
      assertThat(app.begun).isEmpty();
      assertThat(first.respond(RpcResponse.text("1"))).isTrue();
      RpcContext second = app.nextBegun();
      assertThat(second.path()).isEqualTo("/wait/2");
      assertThat(client.answer().text()).isEqualTo("1");
      assertThat(app.begun).isEmpty();
      assertThat(second.respond(RpcResponse.text("2"))).isTrue();
      RpcContext third = app.nextBegun();
      assertThat(third.respond(RpcResponse.text("3"))).isTrue();
      assertThat(client.answer().text()).isEqualTo("2");
      assertThat(client.answer().text()).isEqualTo("3");
    }
  }

  @Test
  void noMoreThanTheBoundAreAtWorkAndTheRestIsNotRead() throws Exception {
    TestApp app = new TestApp();
    Settings settings = new Settings();
    settings.maxPipelined = 3;
    try (HttpNode node = settings.options().start(app);
        HttpClient client = node.connect()) {
      StringBuilder requests = new StringBuilder();
      for (int i = 0; i < 10; i++) {
        requests.append(get("/wait/" + i));
      }
      client.send(requests.toString());
      for (int i = 0; i < 10; i++) {
        RpcContext request = app.nextBegun();
        assertThat(request.path()).isEqualTo("/wait/" + i);
        assertThat(app.waiting).hasSizeLessThanOrEqualTo(3);
        if (i >= 2) {
          String path = "/wait/" + (i - 2);
          RpcContext oldest = app.waiting.remove(path);
          assertThat(oldest.respond(RpcResponse.text(path))).isTrue();
          assertThat(client.answer().text()).isEqualTo(path);
        }
      }
      app.waiting.forEach(
          (path, request) -> assertThat(request.respond(RpcResponse.text(path))).isTrue());
      assertThat(client.answer().text()).isEqualTo("/wait/8");
      assertThat(client.answer().text()).isEqualTo("/wait/9");
    }
  }

  @Test
  void anErrorWaitsForTheAnswersBeforeItAndNothingBehindItIsRead() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = HttpNode.serving(app);
        HttpClient client = node.connect()) {
      client.send(get("/wait/a") + "GET /hello HTTP/1.1\r\n\r\n" + get("/hello"));
      RpcContext first = app.nextBegun();
      assertThat(client.hasInput()).isFalse();
      assertThat(first.respond(RpcResponse.text("a"))).isTrue();
      assertThat(client.answer().text()).isEqualTo("a");
      assertThat(client.answer().status()).isEqualTo(400);
      assertThat(client.rest()).isEmpty();
      assertThat(app.called).isEmpty();
    }
  }

  /** RFC 9112, section 9.6. */
  @Test
  void theClientsCloseEndsTheConnectionBehindItsAnswer() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = HttpNode.serving(app);
        HttpClient client = node.connect()) {
      client.send("GET /say/x HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n" + get("/hello"));
      Answer answer = client.answer();
      assertThat(answer.text()).isEqualTo("x");
      assertThat(answer.field("connection")).isEqualTo("close");
      assertThat(client.rest()).isEmpty();
      assertThat(app.called).isEmpty();
    }
  }

  @Test
  void aHandlerMayCloseTheConnection() throws Exception {
    try (HttpNode node = HttpNode.serving(new TestApp());
        HttpClient client = node.connect()) {
      client.send(get("/close") + get("/hello"));
      assertThat(client.answer().field("connection")).isEqualTo("close");
      assertThat(client.rest()).isEmpty();
    }
  }

  /** RFC 9112, section 9.3, and appendix C.2.2. */
  @Test
  void http10IsClosedUnlessItAsksToBeKept() throws Exception {
    try (HttpNode node = HttpNode.serving(new TestApp())) {
      try (HttpClient client = node.connect()) {
        client.send("GET /say/x HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
        Answer kept = client.answer();
        assertThat(kept.protocol()).isEqualTo("HTTP/1.1");
        assertThat(kept.field("connection")).isEqualTo("keep-alive");
        client.send("GET /say/y HTTP/1.0\r\n\r\n");
        Answer last = client.answer();
        assertThat(last.text()).isEqualTo("y");
        assertThat(last.field("connection")).isEqualTo("close");
        assertThat(client.rest()).isEmpty();
      }
      try (HttpClient client = node.connect()) {
        client.send("GET /bytes/70000 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        Answer streamed = client.answer();
        assertThat(streamed.field("connection")).isEqualTo("close");
        assertThat(streamed.fields()).doesNotContainKeys("transfer-encoding", "content-length");
        assertThat(streamed.body().remaining()).isEqualTo(70_000);
      }
    }
  }

  /** RFC 9110, sections 8.6, 9.3.2, 15.3.5 and 15.4.5. */
  @Test
  void answersWithoutABodySaySoRightly() throws Exception {
    try (HttpNode node = HttpNode.serving(new TestApp());
        HttpClient client = node.connect()) {
      client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n");
      Answer head = client.answer("HEAD");
      assertThat(head.field("content-length")).isEqualTo("13");
      assertThat(head.field("content-type")).startsWith("text/plain");
      client.send("HEAD /bytes/100 HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.answer("HEAD").status()).isEqualTo(200);
      client.send("HEAD /none HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.answer("HEAD").status()).isEqualTo(404);
      try (HttpClient wrong = node.connect()) {
        wrong.send("HEAD /hello HTTP/1.1\r\n\r\n");
        assertThat(wrong.answer("HEAD").status()).isEqualTo(400);
        assertThat(wrong.rest()).as("no body to HEAD, an error's neither").isEmpty();
      }
      client.send(get("/empty"));
      Answer empty = client.answer();
      assertThat(empty.status()).isEqualTo(204);
      assertThat(empty.fields()).doesNotContainKeys("content-length", "transfer-encoding");
      client.send(get("/unchanged"));
      Answer unchanged = client.answer();
      assertThat(unchanged.status()).isEqualTo(304);
      assertThat(unchanged.fields()).doesNotContainKey("transfer-encoding");
      assertThat(client.send(get("/say/still")).answer().text()).isEqualTo("still");
    }
  }

  @Test
  void theRootWelcomesWhereNobodyClaimsIt() throws Exception {
    try (HttpNode node = HttpNode.serving();
        HttpClient client = node.connect()) {
      Answer welcome = client.send(get("/")).answer();
      assertThat(welcome.text()).contains("Sluice is running");
      assertThat(welcome.field("content-type")).isEqualTo("text/html; charset=utf-8");
      assertThat(client.send(get("/x")).answer().status()).isEqualTo(404);
      Answer posted = client.send(post("/", "")).answer();
      assertThat(posted.status()).isEqualTo(405);
      assertThat(posted.field("allow")).isEqualTo("GET, HEAD, OPTIONS");
    }
  }
}
