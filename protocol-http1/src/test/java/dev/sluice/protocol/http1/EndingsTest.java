// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.rpc.CancelReason;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http1.HttpClient.Answer;
import dev.sluice.session.bridge.EndpointOptions;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Deadlines, caps, drain, clients that go, and handlers that never answer. */
class EndingsTest {

  private static final Duration SHORT = Duration.ofMillis(300);

  /** From one piece of what a slow client sends to the next. */
  private static final Duration BETWEEN = Duration.ofMillis(10);

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }

  /** Every loop has answered somebody since: what others sent before has been taken up. */
  private static void goRound(HttpNode node) throws Exception {
    for (int i = 0; i < 2 * HttpNode.LOOPS; i++) {
      try (HttpClient next = node.connect()) {
        assertThat(next.send(get("/hello")).answer().status()).isEqualTo(200);
      }
    }
  }

  private static HttpNode.Options shortTimes() {
    return times(SHORT);
  }

  private static HttpNode.Options times(Duration each) {
    Settings settings = new Settings();
    settings.headerTimeout = each;
    settings.bodyTimeout = each;
    settings.requestTimeout = each;
    return settings.options();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "G",
        "GET /hello HTTP/1.1\r\n",
        "GET /hello HTTP/1.1\r\nHost: a\r\nX: ",
        "GET /hello HTTP/1.1\r\nHost: a\r\n\r\nGET"
      })
  void aHeadThatDribblesEndsIn408(String beginning) throws Exception {
    try (HttpNode node = shortTimes().start(new TestApp());
        HttpClient client = node.connect()) {
      long begin = System.nanoTime();
      client.send(beginning);
      if (beginning.contains("\r\n\r\n")) {
        assertThat(client.answer().status()).isEqualTo(200);
      }
      Answer answer = client.answer();
      assertThat(answer.status()).isEqualTo(408);
      assertThat(answer.field("connection")).isEqualTo("close");
      assertThat(client.rest()).isEmpty();
      assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(SHORT.toNanos());
      assertThat(node.counted("request_timeout")).isEqualTo(1);
    }
  }

  @Test
  void aByteNowAndThenDoesNotKeepAHeadOrABodyAlive() throws Exception {
    for (String beginning :
        List.of(
            "GET /hello HTTP/1.1\r\nHost: a\r\nX: ",
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")) {
      try (HttpNode node = shortTimes().start(new TestApp());
          HttpClient client = node.connect()) {
        client.send(beginning);
        boolean heard = false;
        for (int i = 0; i < 1000 && !heard; i++) {
          client.send("x");
          heard = client.hears(BETWEEN);
        }
        assertThat(client.answer().status()).isEqualTo(408);
      }
    }
  }

  @Test
  void aBodyThatStopsEndsIn408AndItsHandlerHears() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = shortTimes().start(app);
        HttpClient client = node.connect()) {
      client.send("POST /wait/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
      RpcContext request = app.nextBegun();
      request.receiveWhole(body -> app.called.add("never"));
      assertThat(client.answer().status()).isEqualTo(408);
      assertThat(client.rest()).isEmpty();
      HttpNode.await("the handler hears", () -> !app.cancelled.isEmpty());
      assertThat(app.cancelled).containsExactly(CancelReason.BAD_REQUEST);
      assertThat(request.respond(RpcResponse.text("late"))).isFalse();
      assertThat(app.called).isEmpty();
    }
  }

  /** With its answer under way it is a conversation. */
  @Test
  void aBodyWhoseAnswerHasBegunMayBeSilentForLonger() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = shortTimes().start(app);
        HttpClient client = node.connect()) {
      client.send("POST /wait/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
      RpcContext request = app.nextBegun();
      request.receiveWhole(body -> app.called.add("whole"));
      ResponseBody answer =
          request.respondStreaming(RpcResponse.of(200).header("content-length", "2"));
      assertThat(client.line()).isEqualTo("HTTP/1.1 200 OK");
      assertThat(client.fields()).containsEntry("content-length", "2");
      assertThat(client.hears(SHORT.multipliedBy(4))).as("ended").isFalse();
      client.send("world");
      HttpNode.await("the rest has come", () -> !app.called.isEmpty());
      assertThat(answer.write(Unpooled.copiedBuffer("ok", StandardCharsets.US_ASCII))).isTrue();
      answer.finish();
      assertThat(client.in().readNBytes(2)).isEqualTo(new byte[] {'o', 'k'});
      assertThat(client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").answer().status())
          .isEqualTo(200);
    }
  }

  @Test
  void aSteadyBodyMayTakeLongerThanTheTimeout() throws Exception {
    // A client that has others beside it may stand still for a while.
    try (HttpNode node = times(SHORT.multipliedBy(5)).start(new TestApp());
        HttpClient client = node.connect()) {
      client.send("POST /sink HTTP/1.1\r\nHost: a\r\nContent-Length: 20000\r\n\r\n");
      for (int i = 0; i < 200; i++) {
        assertThat(client.hears(BETWEEN)).as("sent away").isFalse();
        client.send("x".repeat(100));
      }
      assertThat(client.answer().text()).isEqualTo("20000");
    }
  }

  @Test
  void anAnswerThatDoesNotComeIsA503AndTheConnectionGoesOn() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = shortTimes().start(app);
        HttpClient client = node.connect()) {
      client.send(get("/wait/x") + get("/say/next"));
      Answer answer = client.answer();
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.text()).contains("\"code\":\"handler_timeout\"");
      assertThat(client.answer().text()).isEqualTo("next");
      assertThat(app.cancelled).containsExactly(CancelReason.TIMEOUT);
      assertThat(app.nextBegun().respond(RpcResponse.text("late"))).isFalse();
      assertThat(client.send(get("/say/again")).answer().text()).isEqualTo("again");
      assertThat(node.counted("handler_timeout")).isEqualTo(1);
    }
  }

  @Test
  void aHandlerThatNeverReadsABodyIsA503() throws Exception {
    TestApp app = new TestApp();
    Settings settings = new Settings();
    settings.requestTimeout = SHORT;
    settings.maxBody = 10 << 20;
    try (HttpNode node = settings.options().start(app);
        HttpClient client = node.connect()) {
      client.send("POST /never-reads HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
      client.send("x".repeat(500_000));
      Answer answer = client.answer();
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.field("connection")).isEqualTo("close");
      assertThat(node.inboundQueued()).isLessThan(200_000);
    }
  }

  @Test
  void aClientThatGoesInMidBodyCancelsItsRequest() throws Exception {
    for (boolean reset : new boolean[] {false, true}) {
      TestApp app = new TestApp();
      try (HttpNode node = HttpNode.serving(app);
          HttpClient client = node.connect()) {
        client.send("POST /wait/x HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello");
        app.nextBegun().receiveWhole(body -> app.called.add("never"));
        if (reset) {
          client.reset();
        } else {
          client.finishSending();
        }
        HttpNode.await("the handler hears", () -> !app.cancelled.isEmpty());
        assertThat(app.cancelled).containsExactly(CancelReason.CLIENT_GONE);
        assertThat(app.called).isEmpty();
      }
    }
  }

  @Test
  void aClientThatGoesBeforeTheAnswerCancelsItsRequests() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = HttpNode.serving(app);
        HttpClient client = node.connect()) {
      client.send(get("/wait/a") + get("/wait/b"));
      RpcContext first = app.nextBegun();
      RpcContext second = app.nextBegun();
      assertThat(second.respond(RpcResponse.text("x".repeat(100_000)))).isTrue();
      client.reset();
      HttpNode.await("the handler hears", () -> !app.cancelled.isEmpty());
      assertThat(app.cancelled).containsExactly(CancelReason.CLIENT_GONE);
      assertThat(first.cancelled()).isTrue();
      assertThat(first.respond(RpcResponse.text("late"))).isFalse();
    }
  }

  @Test
  void aClientThatGoesInMidAnswerCancelsItsRequest() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = HttpNode.serving(app);
        HttpClient client = node.connect()) {
      client.send(get("/wait/a"));
      RpcContext request = app.nextBegun();
      ResponseBody answer = request.respondStreaming(RpcResponse.of(200));
      assertThat(answer.write(Unpooled.wrappedBuffer(new byte[1000]))).isTrue();
      assertThat(client.line()).isEqualTo("HTTP/1.1 200 OK");
      client.reset();
      HttpNode.await("the handler hears", () -> !app.cancelled.isEmpty());
      assertThat(answer.write(Unpooled.wrappedBuffer(new byte[1000]))).isFalse();
      assertThat(answer.isWritable()).isFalse();
      assertThat(answer.awaitWritable(Duration.ofSeconds(10))).isFalse();
      answer.finish();
    }
  }

  @Test
  void aClientThatHasFinishedSendingStillGetsItsAnswers() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = HttpNode.serving(app);
        HttpClient client = node.connect()) {
      client.send(get("/wait/a") + "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
      client.finishSending();
      RpcContext request = app.nextBegun();
      goRound(node);
      assertThat(request.respond(RpcResponse.text("a".repeat(1_000_000)))).isTrue();
      assertThat(client.answer().text()).hasSize(1_000_000);
      assertThat(client.answer().text()).isEqualTo("hi");
      assertThat(client.rest()).isEmpty();
      HttpNode.await("the record", () -> !node.metrics().closes().isEmpty());
      assertThat(node.metrics().closes()).containsOnlyKeys("peer_closed");
    }
  }

  @Test
  void anEndInMidBodyStillLetsTheAnswersBeforeItOut() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = HttpNode.serving(app);
        HttpClient client = node.connect()) {
      client.send(
          get("/wait/a") + "POST /wait/b HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhi");
      client.finishSending();
      RpcContext first = app.nextBegun();
      assertThat(first.respond(RpcResponse.text("a"))).isTrue();
      assertThat(client.answer().text()).isEqualTo("a");
      assertThat(client.rest()).isEmpty();
      HttpNode.await("the other hears", () -> !app.cancelled.isEmpty());
      assertThat(app.cancelled).containsExactly(CancelReason.CLIENT_GONE);
    }
  }

  @Test
  void aStreamedAnswerToHeadEndsWithItsHead() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = HttpNode.serving(app);
        HttpClient client = node.connect()) {
      client.send("HEAD /wait/x HTTP/1.1\r\nHost: a\r\n\r\n");
      RpcContext request = app.nextBegun();
      ResponseBody answer =
          request.respondStreaming(RpcResponse.of(200).header("content-length", "123456789"));
      assertThat(client.answer("HEAD").field("content-length")).isEqualTo("123456789");
      HttpNode.await("it is told", () -> !app.cancelled.isEmpty());
      assertThat(app.cancelled).containsExactly(CancelReason.NO_BODY);
      assertThat(answer.isWritable()).isFalse();
      assertThat(answer.write(Unpooled.wrappedBuffer(new byte[10]))).isFalse();
      answer.finish();
      assertThat(client.send(get("/say/next")).answer().text()).isEqualTo("next");
    }
  }

  @Test
  void overTheSoftCapIs503AndOverTheHardCapIsNothing() throws Exception {
    HttpNode.Options options = new Settings().options();
    options.softCap = 1;
    options.hardCap = 2;
    try (HttpNode node = options.start(new TestApp());
        HttpClient served = node.connect()) {
      assertThat(served.send(get("/say/x")).answer().text()).isEqualTo("x");
      try (HttpClient capped = node.connect()) {
        Answer answer = capped.send(get("/hello")).answer();
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.field("connection")).isEqualTo("close");
        assertThat(answer.field("retry-after")).isEqualTo("1");
        assertThat(answer.text()).contains("\"code\":\"capped\"");
        assertThat(capped.rest()).isEmpty();
      }
      HttpNode.await("the capped one's end", () -> node.metrics().open() == 1);
      try (HttpClient silent = node.connect();
          HttpClient refused = node.connect()) {
        HttpNode.await("both", () -> node.metrics().refused() == 1);
        assertThat(refused.rest()).isIn("", null);
        assertThat(silent.send(get("/hello")).answer().status()).isEqualTo(503);
      }
      assertThat(served.send(get("/say/still")).answer().text()).isEqualTo("still");
    }
  }

  @Test
  void anIdleConnectionIsClosedAndABusyOneIsNot() throws Exception {
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
    TestApp app = new TestApp();
    try (HttpNode node = options.start(app);
        HttpClient idle = node.connect();
        HttpClient busy = node.connect()) {
      busy.send(get("/wait/x"));
      RpcContext request = app.nextBegun();
      assertThat(idle.send(get("/say/x")).answer().text()).isEqualTo("x");
      assertThat(idle.rest()).isEmpty();
      HttpNode.await(
          "its record", () -> node.metrics().closes().getOrDefault("idle_timeout", 0L) == 1);
      // It has waited for at least as long as the idle one.
      assertThat(request.respond(RpcResponse.text("at last"))).isTrue();
      assertThat(busy.answer().text()).isEqualTo("at last");
    }
  }

  @Test
  void aDrainEndsWhatIsIdleAndLetsTheRestFinish() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = HttpNode.serving(app);
        HttpClient idle = node.connect();
        HttpClient busy = node.connect();
        HttpClient reading = node.connect()) {
      assertThat(idle.send(get("/say/x")).answer().text()).isEqualTo("x");
      busy.send(get("/wait/x") + get("/wait/y"));
      RpcContext first = app.nextBegun();
      RpcContext second = app.nextBegun();
      reading.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nhe");
      HttpNode.await("the body's half", () -> node.metrics().accepted() == 3);
      HttpNode.await("its session", () -> node.inboundQueued() > 0);

      node.server().endpoint().drain(Duration.ofSeconds(10), Duration.ZERO);

      assertThat(idle.rest()).isEmpty();
      idle.finishSending(); // The node would wait for that as long as the linger.
      assertThat(first.respond(RpcResponse.text("x"))).isTrue();
      assertThat(second.respond(RpcResponse.text("y"))).isTrue();
      assertThat(busy.answer().text()).isEqualTo("x");
      Answer last = busy.answer();
      assertThat(last.text()).isEqualTo("y");
      assertThat(last.field("connection")).isEqualTo("close");
      assertThat(busy.rest()).isEmpty();
      Answer read = reading.send("y!").answer();
      assertThat(read.text()).isEqualTo("hey!");
      assertThat(read.field("connection")).isEqualTo("close");
      HttpNode.await(
          "the record of the idle one",
          () -> node.metrics().closes().containsKey(CloseReason.DRAINED.code()));
    }
  }

  @Test
  void aRequestUnderWayWhenTheDrainBeginsIsAnsweredAndIsTheLast() throws Exception {
    try (HttpNode node = HttpNode.serving(new TestApp());
        HttpClient quiet = node.connect();
        HttpClient silent = node.connect()) {
      assertThat(quiet.send(get("/say/x")).answer().field("connection")).isEmpty();
      HttpNode.await("both are in", () -> node.metrics().accepted() == 2);

      node.server().endpoint().drain(Duration.ofHours(2), Duration.ofHours(1));

      // One was between two requests, the other has never sent anything.
      for (HttpClient client : List.of(quiet, silent)) {
        Answer answer = client.send(get("/say/late")).answer();
        // The drain comes to each connection in its own order; one request may be before it.
        if (client == quiet && answer.field("connection").isEmpty()) {
          answer = client.send(get("/say/late")).answer();
        }
        assertThat(answer.text()).isEqualTo("late");
        assertThat(answer.field("connection")).isEqualTo("close");
        assertThat(client.rest()).isEmpty();
      }
    }
  }

  @Test
  void aConnectionThatStaysQuietIsClosedInOrderWhenTheGraceIsOver() throws Exception {
    try (HttpNode node = HttpNode.serving(new TestApp());
        HttpClient quiet = node.connect();
        HttpClient silent = node.connect()) {
      assertThat(quiet.send(get("/say/x")).answer().text()).isEqualTo("x");
      HttpNode.await("both are in", () -> node.metrics().accepted() == 2);
      long begin = System.nanoTime();

      node.server().endpoint().drain(Duration.ofHours(1), SHORT);

      assertThat(quiet.rest()).isEmpty();
      assertThat(silent.rest()).isEmpty();
      assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(SHORT.toNanos());
      quiet.finishSending();
      silent.finishSending();
      HttpNode.await("their records", () -> node.metrics().closes().equals(Map.of("drained", 2L)));
    }
  }

  @Test
  void anAnswerBegunBeforeTheDrainLeavesTimeForTheNextRequest() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = HttpNode.serving(app);
        HttpClient client = node.connect()) {
      client.send(get("/wait/x"));
      ResponseBody answer =
          app.nextBegun().respondStreaming(RpcResponse.of(200).header("content-length", "1"));
      assertThat(client.line()).isEqualTo("HTTP/1.1 200 OK");
      assertThat(client.fields()).doesNotContainKey("connection");

      node.server().endpoint().drain(Duration.ofHours(2), Duration.ofHours(1));
      assertThat(answer.write(Unpooled.wrappedBuffer(new byte[] {'x'}))).isTrue();
      answer.finish();
      assertThat(client.in().read()).isEqualTo('x');

      Answer last = client.send(get("/say/late")).answer();
      assertThat(last.text()).isEqualTo("late");
      assertThat(last.field("connection")).isEqualTo("close");
      assertThat(client.rest()).isEmpty();
    }
  }

  @Test
  void theGraceNeverTakesMoreThanHalfOfTheDeadline() throws Exception {
    try (HttpNode node = HttpNode.serving(new TestApp());
        HttpClient quiet = node.connect()) {
      assertThat(quiet.send(get("/say/x")).answer().text()).isEqualTo("x");

      node.server().endpoint().drain(SHORT, Duration.ofHours(1));

      assertThat(quiet.rest()).isEmpty();
    }
  }
}
