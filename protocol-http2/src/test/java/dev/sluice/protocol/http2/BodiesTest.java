// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static io.netty.handler.codec.http2.Http2Error.INTERNAL_ERROR;
import static io.netty.handler.codec.http2.Http2Error.NO_ERROR;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import dev.sluice.api.rpc.CancelReason;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.LoggedFailures;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import dev.sluice.protocol.http2.PoliteClient.Answer;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies both ways: whole, in parts, unread, refused, broken off. */
class BodiesTest {

  private static HttpNode node(TestApp app) throws Exception {
    return RequestsTest.node(new Settings(), app);
  }

  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static Http2Headers post(String path) {
    return FrameClient.request("POST", path);
  }

  private static void assertGoesOn(PoliteClient client) throws IOException {
    assertThat(client.whole(client.get("/say/next")).text()).isEqualTo("next");
  }

  @ParameterizedTest
  @EnumSource(Execution.class)
  void bodiesComeBackWhole(Execution execution) throws Exception {
    try (HttpNode node = node(new TestApp(execution));
        PoliteClient client = PoliteClient.connect(node.port())) {
      for (int length : List.of(0, 1, 1023, 1024, 1025, 16_384, 65_536, 1 << 20)) {
        byte[] body = bytes(length);
        Answer whole = client.whole(client.post("/echo", body));
        assertThat(whole.bytes().array()).as("%s bytes", length).isEqualTo(body);
        assertThat(whole.field("content-length")).isEqualTo(Integer.toString(length));
        int stream = client.begin(post("/stream"), false);
        client.send(stream, body, false);
        client.send(stream, new byte[0], true);
        Answer streamed = client.whole(stream);
        assertThat(streamed.bytes().array()).as("%s bytes in parts", length).isEqualTo(body);
        assertThat(streamed.field("content-length")).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Execution.class)
  void trailersComeBothWays(Execution execution) throws Exception {
    try (HttpNode node = node(new TestApp(execution));
        PoliteClient client = PoliteClient.connect(node.port())) {
      Answer answer = client.whole(client.get("/trailers"));
      assertThat(answer.text()).isEqualTo("body");
      assertThat(answer.trailer("x-sum")).isEqualTo("42");

      for (String body : List.of("body", "")) {
        int stream = client.begin(post("/trailers"), false);
        client.send(stream, ascii(body), false);
        client.trailers(stream, new DefaultHttp2Headers().set("x-sum", "43"));
        assertThat(client.whole(stream).text()).isEqualTo("43");
      }
    }
  }

  /** RFC 9110, sections 6.4.1 and 8.6. */
  @Test
  void whatHasNoBodyEndsWithItsHead() throws Exception {
    try (HttpNode node = node(new TestApp());
        PoliteClient client = PoliteClient.connect(node.port())) {
      Answer head = client.whole(client.begin("HEAD", "/hello", true));
      assertThat(head.status()).isEqualTo("200");
      assertThat(head.field("content-length")).isEqualTo("13");
      assertThat(head.dataFrames).isZero();
      Answer empty = client.whole(client.get("/empty"));
      assertThat(empty.status()).isEqualTo("204");
      assertThat(empty.field("content-length")).isEmpty();
      assertThat(empty.dataFrames).isZero();
      Answer unchanged = client.whole(client.get("/unchanged"));
      assertThat(unchanged.status()).isEqualTo("304");
      assertThat(unchanged.dataFrames).isZero();
    }
  }

  @Test
  void aStreamedAnswerToHeadEndsWithItsHead() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      int stream = client.begin("HEAD", "/wait/x", true);
      ResponseBody answer =
          app.nextBegun()
              .respondStreaming(RpcResponse.of(200).header("content-length", "123456789"));
      Answer head = client.whole(stream);
      assertThat(head.field("content-length")).isEqualTo("123456789");
      assertThat(head.dataFrames).isZero();
      HttpNode.await("it is told", () -> !app.cancelled.isEmpty());
      assertThat(app.cancelled).containsExactly(CancelReason.NO_BODY);
      assertThat(answer.isWritable()).isFalse();
      assertThat(answer.write(Unpooled.wrappedBuffer(new byte[10]))).isFalse();
      answer.finish();
      assertGoesOn(client);
    }
  }

  /** RFC 9110, section 10.1.1. */
  @Test
  void aClientThatExpectsToContinueIsToldSoOnceSomebodyWantsTheBody() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      int stream = client.begin(post("/wait/x").set("expect", "100-continue"), false);
      RpcContext request = app.nextBegun();
      client.turn();
      assertThat(client.so(stream).informed).as("nobody wants it yet").isEmpty();
      request.receiveWhole(
          body -> request.respond(RpcResponse.text(body.toString(StandardCharsets.US_ASCII))));
      client.until(() -> !client.so(stream).informed.isEmpty());
      assertThat(client.so(stream).informed).containsExactly("100");
      client.send(stream, ascii("hello"), true);
      assertThat(client.whole(stream).text()).isEqualTo("hello");

      int early = client.begin(post("/wait/x").set("expect", "100-continue"), false);
      client.send(early, ascii("early"), true);
      client.turn();
      RpcContext second = app.nextBegun();
      second.receiveWhole(
          body -> second.respond(RpcResponse.text(body.toString(StandardCharsets.US_ASCII))));
      assertThat(client.whole(early).text()).isEqualTo("early");
      assertThat(client.so(early).informed).as("one that has not waited").isEmpty();
    }
  }

  /** RFC 9113, section 8.1: the answer is whole, and the client is told to stop. */
  @Test
  void aBodyThatNobodyTakesIsNotWaitedFor() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      Http2Headers expecting = post("/ignore").set("expect", "100-continue");
      int invited = client.begin(expecting.set("content-length", "36"), false);
      assertIgnored(client, invited);
      int endless = client.begin(post("/ignore"), false);
      assertIgnored(client, endless);
      int large = client.begin(post("/ignore").set("content-length", "70000"), false);
      assertIgnored(client, large);

      int little = client.begin(post("/ignore").set("content-length", "60000"), false);
      assertThat(client.whole(little).text()).isEqualTo("ignored");
      client.send(little, new byte[60_000], true);
      client.turn();
      assertThat(client.so(little).reset).as("little is worth reading").isEqualTo(-1);
      assertThat(app.called).hasSize(4).containsOnly("/ignore");
      assertGoesOn(client);
    }
  }

  private static void assertIgnored(PoliteClient client, int stream) throws IOException {
    assertThat(client.whole(stream).text()).isEqualTo("ignored");
    client.until(() -> client.so(stream).reset >= 0);
    assertThat(client.so(stream).reset).isEqualTo((int) NO_ERROR.code());
    assertThat(client.so(stream).informed).isEmpty();
  }

  /** RFC 9113, section 5.1: what crosses a reset counts in the connection's window. */
  @Test
  void whatComesForAStreamThatHasEndedCostsNoWindow() throws Exception {
    try (HttpNode node = node(new TestApp());
        PoliteClient client = PoliteClient.connect(node.port())) {
      for (int i = 0; i < 40; i++) {
        int stream = client.begin(post("/ignore"), false);
        // Sent whether or not the answer has come: 4 MB in all, more than the window of 1 MiB.
        for (int part = 0; part < 7; part++) {
          client.send(stream, new byte[16_000], part == 6);
        }
        assertThat(client.whole(stream).text()).isEqualTo("ignored");
      }
      byte[] body = bytes(900_000);
      assertThat(client.whole(client.post("/echo", body)).bytes().array()).isEqualTo(body);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aBodyTooLongIsRefusedAndTheConnectionGoesOn(boolean declared) throws Exception {
    TestApp app = new TestApp();
    Settings settings = new Settings();
    settings.maxBody = 100_000;
    try (HttpNode node = RequestsTest.node(settings, app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      Http2Headers head = post("/wait/x");
      int stream = client.begin(declared ? head.set("content-length", "100001") : head, false);
      if (!declared) {
        app.nextBegun().receiveWhole(body -> app.called.add("never"));
      }
      client.send(stream, new byte[100_001], false);
      Answer answer = client.whole(stream);
      assertThat(answer.status()).isEqualTo("413");
      assertThat(answer.text()).contains("\"code\":\"body_too_large\"");
      assertThat(answer.field("connection")).isEmpty();
      client.until(() -> client.so(stream).reset >= 0);
      assertThat(answer.reset).isEqualTo((int) NO_ERROR.code());
      assertGoesOn(client);
      assertThat(app.called).isEmpty();
      assertThat(app.cancelled).isEqualTo(declared ? List.of() : List.of(CancelReason.BAD_REQUEST));
      assertThat(node.counted("body_too_large")).isEqualTo(1);
    }
  }

  @Test
  @ResourceLock(HttpNode.LOG)
  void aHandlerThatFailsBeforeItsAnswerIsA500() throws Exception {
    try (HttpNode node = node(new TestApp());
        PoliteClient client = PoliteClient.connect(node.port())) {
      Answer answer = client.whole(client.get("/fail"));
      assertThat(answer.status()).isEqualTo("500");
      assertThat(answer.text())
          .contains("\"code\":\"handler_failed\"")
          .doesNotContain("as it should");
      assertThat(client.whole(client.get("/split")).status()).isEqualTo("500");
      assertGoesOn(client);
      assertThat(node.counted("handler_failed")).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Execution.class,
      names = {"EVENT_LOOP", "WORKERS"})
  @ResourceLock(HttpNode.LOG)
  void aHandlerThatFailsInMidAnswerResetsItsStreamAlone(Execution execution) throws Exception {
    try (HttpNode node = node(new TestApp(execution));
        LoggedFailures log = new LoggedFailures();
        PoliteClient client = PoliteClient.connect(node.port())) {
      for (String path : List.of("/late-failure", "/short", "/long")) {
        int stream = client.get(path);
        Answer answer = client.answer(stream);
        assertThat(answer.reset).as(path).isEqualTo((int) INTERNAL_ERROR.code());
        assertThat(answer.ended).isFalse();
        assertThat(answer.text()).doesNotContain("too long");
        assertGoesOn(client);
      }
      assertThat(node.counted("handler_failed")).isEqualTo(1);
      assertThat(node.counted("answer_length_broken")).isEqualTo(2);
      assertThat(node.counted("application_failed.test")).isEqualTo(3);
      assertThat(log.lines).isNotEmpty();
      assertThat(log.lines.get(0)).contains("test", "threw", "/late-failure");
    }
  }

  @Test
  void trailersFollowABodyThatWaitsAlsoWhereTheRequestIsNotRead() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      client.opensWindows = false;
      int stream = client.begin(post("/wait/x"), false);
      ResponseBody answer = app.nextBegun().respondStreaming(RpcResponse.of(200));
      assertThat(answer.write(Unpooled.wrappedBuffer(new byte[100_000]))).isTrue();
      answer.finish(RpcResponse.of(200).header("x-sum", "42"));
      client.until(() -> client.so(stream).length() == 65_535);
      client.turn();
      assertThat(client.so(stream).done()).isFalse();
      client.open(0, 100_000);
      client.open(stream, 100_000);
      assertThat(client.whole(stream).length()).isEqualTo(100_000);
      assertThat(client.so(stream).trailer("x-sum")).isEqualTo("42");
      client.until(() -> client.so(stream).reset >= 0);
      assertThat(client.so(stream).reset).isEqualTo((int) NO_ERROR.code());
    }
  }

  /** RFC 9113, section 8.2: names are in lower case, and nothing speaks of the connection. */
  @Test
  void fieldsAreThoseOfThisVersion() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app);
        PoliteClient client = PoliteClient.connect(node.port())) {
      int stream = client.get("/wait/x");
      RpcResponse response = RpcResponse.of(200).header("X-Mixed-Case", "Kept As It Is");
      assertThat(app.nextBegun().respond(response.closeConnection())).isTrue();
      Answer answer = client.whole(stream);
      assertThat(answer.field("x-mixed-case")).isEqualTo("Kept As It Is");
      assertThat(answer.field("connection")).isEmpty();
      assertThat(answer.field("date")).isNotEmpty();
      assertGoesOn(client);
    }
  }
}
