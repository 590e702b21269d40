// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.rpc.CancelReason;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import dev.sluice.protocol.http2.FrameClient.Frame;
import dev.sluice.protocol.http2.PoliteClient.Answer;
import dev.sluice.session.bridge.EndpointOptions;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2Error;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Drain, caps, idle, deadlines, and clients that go. */
class EndingsTest {

  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Duration LONG = Duration.ofHours(1);

  private static HttpNode node(TestApp app) throws Exception {
    return RequestsTest.node(new Settings(), app);
  }

  private static HttpNode shortTimes(TestApp app) throws Exception {
    Settings settings = new Settings();
    settings.headerTimeout = SHORT;
    settings.bodyTimeout = SHORT;
    settings.requestTimeout = SHORT;
    return RequestsTest.node(settings, app);
  }

  private static void assertClosed(HttpNode node, Map<String, Long> closes) throws Exception {
    HttpNode.await("the records", () -> node.metrics().closes().equals(closes));
  }

  private static void assertGoesOn(PoliteClient client) throws IOException {
    assertThat(client.whole(client.get("/say/next")).text()).isEqualTo("next");
  }

  // ---- drain: RFC 9113, section 6.8

  @Test
  void aDrainTakesWhatCrossesItAndThenSaysWhichWasTheLast() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      int busy = client.get("/wait/x");
      RpcContext request = app.nextBegun();

      node.server().endpoint().drain(LONG, LONG);

      client.until(() -> client.goAways.size() == 1 && client.pings.size() == 1);
      assertThat(client.goAways.get(0).number(0)).isEqualTo(Integer.MAX_VALUE);
      assertThat(client.goAways.get(0).errorCode()).isZero();
      int crossing = client.get("/say/crossing");
      assertThat(client.whole(crossing).text()).isEqualTo("crossing");
      assertThat(client.goAways).hasSize(1);

      client.acknowledge(client.pings.get(0));
      client.until(() -> client.goAways.size() == 2);
      assertThat(client.goAways.get(1).number(0)).isEqualTo(crossing);
      assertThat(client.goAways.get(1).errorCode()).isZero();
      int late = client.get("/say/late");
      assertThat(client.answer(late).reset)
          .as("it is another connection's")
          .isEqualTo((int) Http2Error.REFUSED_STREAM.code());
      client.frames.data(late, new byte[10], false);
      client.frames.data(late + 2, new byte[10], false);
      client.turn();

      assertThat(request.respond(RpcResponse.text("at last"))).isTrue();
      assertThat(client.whole(busy).text()).isEqualTo("at last");
      client.untilClosed();
      client.leave();
      assertClosed(node, Map.of("drained", 1L));
    }
  }

  @Test
  void bodiesUnderWayInADrainGoOnBothWays() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      client.opensWindows = false;
      int down = client.get("/bytes/500000");
      int up = client.begin("POST", "/echo", false);
      client.send(up, new byte[1000], false);
      client.turn();
      node.server().endpoint().drain(LONG, Duration.ZERO);
      client.until(() -> client.pings.size() == 1);
      client.acknowledge(client.pings.get(0));
      client.until(() -> client.goAways.size() == 2);
      client.send(up, new byte[1000], true);
      client.open(0, 1 << 20);
      client.open(down, 1 << 20);
      assertThat(client.whole(up).length()).isEqualTo(2000);
      assertThat(client.whole(down).length()).isEqualTo(500_000);
      client.untilClosed();
      client.leave();
      assertClosed(node, Map.of("drained", 1L));
    }
  }

  @Test
  void aClientThatNeverAcknowledgesIsNotWaitedForLong() throws Exception {
    try (HttpNode node = node(new TestApp());
        PoliteClient client = PoliteClient.connect(node.port())) {
      assertGoesOn(client);
      long begin = System.nanoTime();

      node.server().endpoint().drain(LONG, Duration.ZERO);

      client.untilClosed();
      client.leave();
      assertThat(client.goAways).hasSize(2);
      assertThat(Duration.ofNanos(System.nanoTime() - begin))
          .isBetween(Duration.ofMillis(900), Duration.ofSeconds(30));
      assertClosed(node, Map.of("drained", 1L));
    }
  }

  @Test
  void theGraceNeverTakesMoreThanHalfOfTheDeadline() throws Exception {
    try (HttpNode node = node(new TestApp());
        PoliteClient client = PoliteClient.connect(node.port())) {
      assertGoesOn(client);

      node.server().endpoint().drain(SHORT, LONG);

      client.untilClosed();
      client.leave();
      assertClosed(node, Map.of("drained", 1L));
    }
  }

  @Test
  void aConnectionThatBeginsInADrainIsToldAtOnceAndServed() throws Exception {
    try (HttpNode node = node(new TestApp())) {
      beginInADrain(node);
      assertClosed(node, Map.of("drained", 1L));
    }
  }

  private static void beginInADrain(HttpNode node) throws Exception {
    try (FrameClient silent = FrameClient.raw(node.port())) {
      HttpNode.await("it is in", () -> node.metrics().accepted() == 1);

      node.server().endpoint().drain(LONG, LONG);

      silent.preface();
      silent.settings();
      Frame ping = null;
      Frame goAway = null;
      while (ping == null || goAway == null) {
        Frame frame =
            silent.await(one -> one.type() == FrameClient.PING || one.type() == FrameClient.GOAWAY);
        ping = frame.type() == FrameClient.PING ? frame : ping;
        goAway = frame.type() == FrameClient.GOAWAY ? frame : goAway;
      }
      assertThat(goAway.number(0)).isEqualTo(Integer.MAX_VALUE);
      int stream = silent.get("/say/late");
      assertThat(silent.body(stream)).asString().isEqualTo("late");
      silent.write(FrameClient.PING, FrameClient.ACK, 0, ping.payload());
      assertThat(silent.awaitGoAway().number(0)).isEqualTo(stream);
      silent.awaitEnd();
    }
  }

  @Test
  void whatIsNotAnsweredByTheDeadlineIsBrokenOffAndItsHandlerTold() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      int stream = client.get("/wait/x");
      RpcContext request = app.nextBegun();
      node.server().endpoint().drain(SHORT, Duration.ZERO);
      client.until(() -> client.goAways.size() == 2);
      assertThat(node.server().endpoint().awaitNone(SHORT)).isFalse();

      node.server().endpoint().abortAll(CloseReason.DRAIN_DEADLINE);

      client.untilClosed();
      assertThat(client.so(stream).done()).isFalse();
      HttpNode.await("the handler hears", () -> !app.cancelled.isEmpty());
      assertThat(request.respond(RpcResponse.text("late"))).isFalse();
      assertClosed(node, Map.of("drain_deadline", 1L));
    }
  }

  // ---- caps and idle

  @Test
  void overTheSoftCapEachRequestIs503AndThenTheConnectionEnds() throws Exception {
    HttpNode.Options options = new Settings().options();
    options.protocol = new Http2Protocol();
    options.softCap = 1;
    options.hardCap = 2;
    TestApp app = new TestApp();
    try (HttpNode node = options.start(app);
        PoliteClient served = PoliteClient.connect(node.port())) {
      assertGoesOn(served);
      try (FrameClient capped = FrameClient.connect(node.port())) {
        ByteArrayOutputStream three = new ByteArrayOutputStream();
        int last = 0;
        for (int i = 0; i < 3; i++) {
          last = capped.newStream();
          byte[] head = capped.encode(FrameClient.request("GET", "/hello"));
          three.writeBytes(FrameClient.frame(FrameClient.HEADERS, 0x5, last, head));
        }
        capped.send(three.toByteArray());
        for (int stream = 1; stream <= last; stream += 2) {
          Frame head = capped.awaitHeaders(stream);
          assertThat(head.status()).isEqualTo("503");
          assertThat(head.headers()).isNotNull();
          assertThat(head.headers().get("retry-after")).hasToString("1");
        }
        Frame goAway = capped.awaitGoAway();
        assertThat(goAway.number(0)).isEqualTo(last);
        assertThat(goAway.errorCode()).isZero();
        capped.awaitEnd();
      }
      assertClosed(node, Map.of("capped", 1L));
      assertThat(node.counted("capped")).isEqualTo(3);
      assertThat(app.called).isEmpty();
      assertGoesOn(served);
    }
  }

  @Test
  void anIdleConnectionIsClosedAndABusyOneIsNot() throws Exception {
    HttpNode.Options options = new Settings().options();
    options.protocol = new Http2Protocol();
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
        PoliteClient idle = PoliteClient.connect(node.port());
        PoliteClient busy = PoliteClient.connect(node.port())) {
      int stream = busy.get("/wait/x");
      RpcContext request = app.nextBegun();
      assertGoesOn(idle);
      idle.untilClosed();
      assertClosed(node, Map.of("idle_timeout", 1L));
      // It has waited for at least as long as the idle one.
      assertThat(request.respond(RpcResponse.text("at last"))).isTrue();
      assertThat(busy.whole(stream).text()).isEqualTo("at last");
      busy.untilClosed();
      assertClosed(node, Map.of("idle_timeout", 2L));
    }
  }

  // ---- requests that come to nothing

  @Test
  void aResetCancelsItsRequestAlone() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      int reset = client.get("/wait/a");
      RpcContext first = app.nextBegun();
      int other = client.get("/wait/b");
      RpcContext second = app.nextBegun();
      int body = client.begin("POST", "/wait/c", false);
      app.nextBegun().receiveWhole(gathered -> app.called.add("never"));
      client.send(body, new byte[1000], false);
      client.frames.reset(reset);
      client.frames.reset(body);
      HttpNode.await("the handlers hear", () -> app.cancelled.size() == 2);
      assertThat(app.cancelled).containsOnly(CancelReason.CLIENT_GONE);
      assertThat(first.cancelled()).isTrue();
      assertThat(first.respond(RpcResponse.text("late"))).isFalse();
      assertThat(second.cancelled()).isFalse();
      assertThat(second.respond(RpcResponse.text("still"))).isTrue();
      assertThat(client.whole(other).text()).isEqualTo("still");
      assertThat(app.called).isEmpty();
      assertThat(node.inboundQueued()).isZero();
    }
  }

  @Test
  void aResetInMidAnswerStopsItsHandler() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      int stream = client.get("/wait/a");
      ResponseBody answer = app.nextBegun().respondStreaming(RpcResponse.of(200));
      // More than the window, so that some of it waits.
      assertThat(answer.write(Unpooled.wrappedBuffer(new byte[100_000]))).isTrue();
      client.until(() -> client.so(stream).length() >= 10_000);
      client.frames.reset(stream);
      HttpNode.await("the handler hears", () -> !app.cancelled.isEmpty());
      assertThat(answer.write(Unpooled.wrappedBuffer(new byte[1000]))).isFalse();
      assertThat(answer.isWritable()).isFalse();
      assertThat(answer.awaitWritable(Duration.ofSeconds(10))).isFalse();
      answer.finish();
      assertGoesOn(client);
    }
  }

  @Test
  void aClientThatGoesCancelsAllOfItsRequests() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      client.opensWindows = false;
      for (int i = 0; i < 5; i++) {
        client.get("/wait/" + i);
      }
      for (int i = 0; i < 5; i++) {
        RpcContext request = app.nextBegun();
        if (i == 0) {
          assertThat(request.respond(RpcResponse.text("x".repeat(100_000)))).isTrue();
        }
      }
      client.leave();
      HttpNode.await("the handlers hear", () -> app.cancelled.size() == 4);
      assertThat(app.cancelled).containsOnly(CancelReason.CLIENT_GONE);
    }
  }

  @Test
  void anAnswerThatDoesNotComeIsA503AndTheOthersGoOn() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = shortTimes(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      int stream = client.get("/wait/x");
      assertGoesOn(client);
      Answer answer = client.whole(stream);
      assertThat(answer.status()).isEqualTo("503");
      assertThat(answer.text()).contains("\"code\":\"handler_timeout\"");
      assertThat(app.cancelled).containsExactly(CancelReason.TIMEOUT);
      assertThat(app.nextBegun().respond(RpcResponse.text("late"))).isFalse();
      assertGoesOn(client);
      assertThat(node.counted("handler_timeout")).isEqualTo(1);
    }
  }

  @Test
  void aHandlerThatNeverReadsABodyIsA503() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = shortTimes(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      int stream = client.begin("POST", "/never-reads", false);
      client.send(stream, new byte[200_000], false);
      Answer answer = client.whole(stream);
      assertThat(answer.status()).isEqualTo("503");
      assertThat(app.cancelled).containsExactly(CancelReason.TIMEOUT);
      assertGoesOn(client);
      assertThat(node.inboundQueued()).isZero();
    }
  }

  @Test
  void aBodyThatStopsIsA408AndItsHandlerHears() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = shortTimes(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      int stream = client.begin("POST", "/wait/x", false);
      RpcContext request = app.nextBegun();
      request.receiveWhole(body -> app.called.add("never"));
      client.send(stream, new byte[5], false);
      assertThat(client.whole(stream).status()).isEqualTo("408");
      client.until(() -> client.so(stream).reset == 0);
      assertThat(app.cancelled).containsExactly(CancelReason.BAD_REQUEST);
      assertThat(request.respond(RpcResponse.text("late"))).isFalse();
      assertThat(app.called).isEmpty();
      assertGoesOn(client);
    }
  }

  @Test
  void everyWayOfAnEndIsBorneWhileBodiesWait() throws Exception {
    for (boolean reset : List.of(false, true)) {
      TestApp app = new TestApp();
      try (HttpNode node = node(app);
          PoliteClient client = PoliteClient.connect(node.port())) {
        int up = client.begin("POST", "/never-reads", false);
        client.send(up, new byte[200_000], false);
        client.opensWindows = false;
        int down = client.get("/bytes/1000000");
        client.until(() -> client.room(down) == 0);
        HttpNode.await("held input", () -> node.inboundQueued() > 0);
        if (reset) {
          client.frames.reset(up);
          client.frames.reset(down);
          client.turn();
        } else {
          client.leave();
        }
        HttpNode.await("nothing is held", () -> node.inboundQueued() == 0);
        HttpNode.await("nothing waits", () -> node.buffersAlive() == 0);
      }
    }
  }
}
