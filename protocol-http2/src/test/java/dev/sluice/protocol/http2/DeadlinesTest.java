// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static dev.sluice.protocol.http2.FrameClient.CONTINUATION;
import static dev.sluice.protocol.http2.FrameClient.DATA;
import static dev.sluice.protocol.http2.FrameClient.END_HEADERS;
import static dev.sluice.protocol.http2.FrameClient.END_STREAM;
import static dev.sluice.protocol.http2.FrameClient.HEADERS;
import static dev.sluice.protocol.http2.FrameClient.INITIAL_WINDOW;
import static dev.sluice.protocol.http2.FrameClient.PADDED;
import static dev.sluice.protocol.http2.FrameClient.WINDOW_UPDATE;
import static dev.sluice.protocol.http2.FrameClient.frame;
import static dev.sluice.protocol.http2.FrameClient.request;
import static io.netty.handler.codec.http2.Http2Error.CANCEL;
import static io.netty.handler.codec.http2.Http2Error.ENHANCE_YOUR_CALM;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.rpc.CancelReason;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import dev.sluice.protocol.http2.FrameClient.Frame;
import dev.sluice.session.bridge.EndpointOptions;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients that let a request, an answer or a frame take for ever, by doing nothing or a little. */
@ResourceLock(value = HttpNode.LOG, mode = ResourceAccessMode.READ)
class DeadlinesTest {

  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Duration NOW_AND_THEN = Duration.ofMillis(15);

  /** At a byte now and then longer than any test waits. */
  private static final int LONG = 2000;

  private static Settings shortTimes() {
    Settings settings = new Settings();
    settings.headerTimeout = SHORT;
    settings.bodyTimeout = SHORT;
    settings.requestTimeout = SHORT;
    settings.stallTimeout = SHORT;
    return settings;
  }

  // ---- answers that are not taken

  @Test
  void anAnswerForWhichNoWindowIsOpenedIsReset() throws Exception {
    try (AttackedNode attacked = new AttackedNode(shortTimes());
        FrameClient attacker = attacked.attacker(INITIAL_WINDOW, 0)) {
      long begin = System.nanoTime();
      int stream = attacker.get("/hello");
      assertThat(attacker.awaitHeaders(stream).status()).isEqualTo("200");
      assertThat(attacker.awaitReset(stream).errorCode()).isEqualTo((int) CANCEL.code());
      assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(SHORT.toNanos());
      assertThat(attacked.node().counted("response_stalled")).isEqualTo(1);
      // Nothing is wrong with the connection.
      int next = attacker.get("/empty");
      assertThat(attacker.awaitHeaders(next).status()).isEqualTo("204");
    }
  }

  @Test
  void anAnswerThatIsBegunAndWaitsForTheConnectionsWindowIsReset() throws Exception {
    try (AttackedNode attacked = new AttackedNode(shortTimes());
        FrameClient attacker = attacked.attacker(INITIAL_WINDOW, 1 << 20)) {
      int stream = attacker.get("/bytes/1000000");
      assertThat(attacker.awaitReset(stream).errorCode()).isEqualTo((int) CANCEL.code());
      assertThat(attacked.node().counted("response_stalled")).isEqualTo(1);
      attacker.window(0, 1 << 20);
      AttackedNode.serve(attacker);
    }
  }

  @Test
  void everyStreamOfAConnectionMayStallAtOnce() throws Exception {
    Settings settings = shortTimes();
    settings.maxStreams = 20;
    try (AttackedNode attacked = new AttackedNode(settings);
        FrameClient attacker = attacked.attacker(INITIAL_WINDOW, 0)) {
      for (int i = 0; i < 20; i++) {
        attacker.get("/bytes/10000000");
      }
      HttpNode.await("all are reset", () -> attacked.node().counted("response_stalled") == 20);
      assertThat(attacker.awaitHeaders(attacker.get("/empty")).status()).isEqualTo("204");
    }
  }

  @Test
  void windowsThatAreOpenedAByteAtATimeAreTooSlow() throws Exception {
    try (AttackedNode attacked = new AttackedNode(shortTimes());
        FrameClient attacker = attacked.attacker(INITIAL_WINDOW, 0)) {
      int stream = attacker.get("/bytes/10000");
      attacker.awaitHeaders(stream);
      int taken = 0;
      Frame frame;
      do {
        attacker.window(stream, 1);
        frame = attacker.nextWithin(SHORT);
        assertThat(frame).isNotNull();
        taken += frame.payload().length;
      } while (frame.type() == DATA && attacker.nextWithin(NOW_AND_THEN) == null);
      assertThat(taken).isLessThan(1000);
      HttpNode.await("its end", () -> attacked.node().counted("response_stalled") == 1);
      assertThat(attacker.awaitHeaders(attacker.get("/empty")).status()).isEqualTo("204");
    }
  }

  @Test
  void windowsThatAreOpenedAByteAtATimeAndQuicklyGetTheWhole() throws Exception {
    Settings settings = shortTimes();
    settings.maxControlFrames = 20;
    settings.minBodyRate = 50; // One window after the other, and what is quick the machine says.
    try (AttackedNode attacked = new AttackedNode(settings);
        FrameClient client = attacked.attacker(INITIAL_WINDOW, 0)) {
      int stream = client.get("/bytes/2000");
      client.awaitHeaders(stream);
      byte[] body = new byte[2000];
      for (int i = 0; i < body.length; i++) {
        client.window(stream, 1);
        Frame frame = client.await(one -> one.stream() == stream);
        assertThat(frame.type()).isEqualTo(DATA);
        assertThat(frame.payload()).hasSize(1);
        assertThat(frame.ends()).isEqualTo(i == body.length - 1);
        body[i] = frame.payload()[0];
      }
      assertThat(body[1999]).isEqualTo(TestApp.patternAt(1999));
    }
  }

  private static HttpNode.Options impatient() {
    HttpNode.Options options = shortTimes().options();
    EndpointOptions.Limits limits = EndpointOptions.Limits.defaults();
    options.limits =
        new EndpointOptions.Limits(
            limits.idleTimeout(),
            limits.handshakeTimeout(),
            SHORT,
            16 << 10,
            limits.hardMark(),
            SHORT);
    return options;
  }

  @Test
  void aClientThatReadsNothingAtAllIsClosed() throws Exception {
    try (AttackedNode attacked = new AttackedNode(impatient());
        FrameClient attacker =
            FrameClient.narrow(attacked.port(), INITIAL_WINDOW, Integer.MAX_VALUE)) {
      attacker.window(0, Integer.MAX_VALUE - 65_535);
      attacker.get("/bytes/100000000");
      HttpNode.await("its end", () -> !attacked.node().metrics().closes().isEmpty());
      assertThat(attacked.node().metrics().closes()).isEqualTo(Map.of("slow_consumer", 1L));
    }
  }

  /** No window holds such answers back; a request counts until the kernel has taken its answer. */
  @Test
  void aClientThatAsksAndReadsNothingIsClosedThoughItsAnswersAreNothingButAHead() throws Exception {
    try (AttackedNode attacked = new AttackedNode(impatient());
        FrameClient attacker = FrameClient.narrow(attacked.port())) {
      attacker.get("/empty");
      byte[] block = attacker.encode(request("GET", "/empty"));
      boolean goesOn = true;
      while (goesOn) {
        ByteArrayOutputStream requests = new ByteArrayOutputStream();
        for (int i = 0; i < 50; i++) {
          requests.writeBytes(
              frame(HEADERS, END_HEADERS | END_STREAM, attacker.newStream(), block));
        }
        goesOn = attacker.flood(requests.toByteArray(), 1);
      }
      HttpNode.await("its end", () -> !attacked.node().metrics().closes().isEmpty());
      attacked.closedFor("protocol_error", "provoked_reset_flood");
    }
  }

  // ---- requests that do not come

  @ParameterizedTest
  @ValueSource(ints = {1, 23, 24, 28, 35})
  void aPrefaceThatDoesNotComeWholeEndsTheConnection(int length) throws Exception {
    try (AttackedNode attacked = new AttackedNode(shortTimes());
        FrameClient attacker = FrameClient.raw(attacked.port())) {
      ByteArrayOutputStream preface = new ByteArrayOutputStream();
      preface.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      preface.writeBytes(frame(FrameClient.SETTINGS, 0, 0, new byte[6]));
      attacker.send(Arrays.copyOf(preface.toByteArray(), length));
      attacked.sentAway(attacker, ENHANCE_YOUR_CALM, "request_timeout");
    }
  }

  @Test
  void aPrefaceThatDribblesEndsTheConnection() throws Exception {
    try (AttackedNode attacked = new AttackedNode(shortTimes());
        FrameClient attacker = FrameClient.raw(attacked.port())) {
      attacker.preface();
      byte[] settings = frame(FrameClient.SETTINGS, 0, 0, new byte[6 * LONG]);
      assertThat(attacker.await(one -> one.type() == FrameClient.SETTINGS)).isNotNull();
      attacker.await(one -> one.type() == FrameClient.WINDOW_UPDATE);
      attacked.dribbledAway(attacker, settings, NOW_AND_THEN);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {HEADERS, DATA, FrameClient.GOAWAY, 0x42})
  void aFrameThatDribblesEndsTheConnection(int type) throws Exception {
    try (AttackedNode attacked = new AttackedNode(shortTimes());
        FrameClient attacker = attacked.attacker()) {
      AttackedNode.serve(attacker);
      // A DATA frame for a stream that has ended: nobody else waits for it.
      byte[] frame = frame(type, 0, type == HEADERS ? 3 : type == DATA ? 1 : 0, new byte[LONG]);
      attacked.dribbledAway(attacker, frame, NOW_AND_THEN);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {HEADERS, FrameClient.PUSH_PROMISE})
  void aHeaderBlockThatDoesNotEndEndsTheConnection(int type) throws Exception {
    try (AttackedNode attacked = new AttackedNode(shortTimes());
        FrameClient attacker = attacked.attacker()) {
      attacker.write(type, 0, 1, new byte[] {0, 0, 0, 2});
      attacked.sentAway(attacker, ENHANCE_YOUR_CALM, "request_timeout");
    }
  }

  /** Each is whole; together they are not. */
  @Test
  void continuationsThatDribbleEndTheConnection() throws Exception {
    Settings settings = shortTimes();
    settings.maxHeader = 1 << 20;
    try (AttackedNode attacked = new AttackedNode(settings);
        FrameClient attacker = attacked.attacker()) {
      attacker.write(HEADERS, 0, 1, attacker.encode(request("GET", "/hello")));
      byte[] piece = frame(CONTINUATION, 0, 1, new byte[8 << 10]);
      Frame said = null;
      for (int i = 0; i < 100 && said == null; i++) {
        attacker.send(piece);
        said = attacker.nextWithin(NOW_AND_THEN);
      }
      attacked.saidAndSentAway(attacker, said, ENHANCE_YOUR_CALM, "request_timeout");
    }
  }

  // ---- bodies that do not come

  private static int upload(FrameClient client) throws Exception {
    return client.request(request("POST", "/sink"), false);
  }

  @Test
  void aBodyThatStopsIsAnsweredInItsStead() throws Exception {
    try (AttackedNode attacked = new AttackedNode(shortTimes());
        FrameClient attacker = attacked.attacker()) {
      int stream = attacker.request(request("POST", "/wait/x"), false);
      RpcContext request = attacked.app().nextBegun();
      request.receiveWhole(body -> attacked.app().called.add("never"));
      attacker.data(stream, new byte[10], false);
      attacked.answeredFor(attacker, stream, 408, "request_timeout");
      assertThat(attacked.app().cancelled).containsExactly(CancelReason.BAD_REQUEST);
      assertThat(request.respond(RpcResponse.text("late"))).isFalse();
    }
  }

  @Test
  void aBodyThatDribblesInSmallFramesIsTooSlow() throws Exception {
    try (AttackedNode attacked = new AttackedNode(shortTimes());
        FrameClient attacker = attacked.attacker()) {
      int stream = upload(attacker);
      Frame said = null;
      for (int i = 0; i < LONG && said == null; i++) {
        attacker.data(stream, new byte[1], false);
        said = attacker.nextWithin(NOW_AND_THEN);
      }
      assertThat(said).isNotNull();
      assertThat(said.status()).isEqualTo("408");
      assertThat(attacked.node().counted("request_timeout")).isEqualTo(1);
      AttackedNode.serve(attacker);
    }
  }

  @Test
  void paddingDoesNotKeepABodyAlive() throws Exception {
    try (AttackedNode attacked = new AttackedNode(shortTimes());
        FrameClient attacker = attacked.attacker()) {
      int stream = upload(attacker);
      byte[] padding = new byte[256];
      padding[0] = (byte) 255;
      Frame said = null;
      for (int i = 0; i < LONG && (said == null || said.type() != HEADERS); i++) {
        attacker.write(DATA, PADDED, stream, padding);
        said = attacker.nextWithin(NOW_AND_THEN);
      }
      assertThat(said).isNotNull();
      assertThat(said.status()).isEqualTo("408");
    }
  }

  @Test
  void aBodyThatDribblesWithinAFrameIsTooSlowAndSoIsTheRestOfItsFrame() throws Exception {
    try (AttackedNode attacked = new AttackedNode(shortTimes());
        FrameClient attacker = attacked.attacker()) {
      int stream = upload(attacker);
      byte[] frame = frame(DATA, 0, stream, new byte[LONG]);
      Frame said = attacker.dribble(frame, NOW_AND_THEN);
      assertThat(said).isNotNull();
      assertThat(said.status()).isEqualTo("408");
      assertThat(attacker.awaitReset(stream).errorCode()).isZero();
      said = attacker.dribble(Arrays.copyOf(frame, LONG / 2), NOW_AND_THEN);
      assertThat(said).isNotNull();
      assertThat(said.type()).isEqualTo(FrameClient.GOAWAY);
      attacked.awaitClose(attacker, "protocol_error");
      assertThat(attacked.node().counted("request_timeout")).as("one of each").isEqualTo(2);
    }
  }

  @Test
  void aBodyThatIsSteadyWithinAFrameMayTakeLonger() throws Exception {
    try (AttackedNode attacked = new AttackedNode(shortTimes());
        FrameClient client = attacked.attacker()) {
      int stream = upload(client);
      byte[] frame = frame(DATA, END_STREAM, stream, new byte[6000]);
      for (int at = 0; at < frame.length; at += 100) {
        client.send(Arrays.copyOfRange(frame, at, Math.min(frame.length, at + 100)));
        if (at + 100 < frame.length) {
          assertThat(client.nextWithin(NOW_AND_THEN)).isNull();
        }
      }
      assertThat(client.body(stream)).asString().isEqualTo("6000");
    }
  }

  // ---- answers that the application owes

  @Test
  void aHandlerThatDoesNotAnswerIsAnsweredFor() throws Exception {
    try (AttackedNode attacked = new AttackedNode(shortTimes());
        FrameClient client = attacked.attacker()) {
      int stream = client.get("/wait/x");
      attacked.answeredFor(client, stream, 503, "handler_timeout");
      assertThat(attacked.app().cancelled).containsExactly(CancelReason.TIMEOUT);
      assertThat(attacked.app().nextBegun().respond(RpcResponse.text("late"))).isFalse();
    }
  }

  /** It has stopped the client, who sends a byte now and then as far as its window goes. */
  @Test
  void aHandlerThatDoesNotReadIsAnsweredForHoweverTheClientGoesOn() throws Exception {
    try (AttackedNode attacked = new AttackedNode(shortTimes());
        FrameClient attacker = attacked.attacker()) {
      int stream = attacker.request(request("POST", "/never-reads"), false);
      int room = attacker.window();
      Frame said = null;
      for (int i = 0; i < LONG && (said == null || said.type() != HEADERS); i++) {
        int bytes = room > 8_000 ? 4_000 : Math.min(room, 1);
        room -= bytes;
        attacker.data(stream, new byte[bytes], false);
        said = attacker.nextWithin(NOW_AND_THEN);
        if (said != null && said.type() == WINDOW_UPDATE && said.stream() == stream) {
          room += said.number(0);
        }
      }
      assertThat(said).isNotNull();
      assertThat(said.status()).isEqualTo("503");
      HttpNode.await("nothing is kept", () -> attacked.node().inboundQueued() == 0);
      AttackedNode.serve(attacker);
    }
  }
}
