// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static dev.sluice.protocol.http1.HttpNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTls;
import dev.sluice.protocol.http.client.HttpClientCall;
import dev.sluice.protocol.http.client.HttpClientException;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientSession;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Received;
import dev.sluice.protocol.http1.ScriptedServer;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import dev.sluice.protocol.http2.FrameClient.Frame;
import io.netty.buffer.Unpooled;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that refuse, reset, stall, lie or talk nonsense, frame by frame. */
@Timeout(60)
@ResourceLock(HttpNode.LOG)
class Http2ClientFailuresTest {

  private static final int MAX_CONCURRENT_STREAMS = 3;
  private static final int REFUSED_STREAM = 7;
  private static final int INTERNAL_ERROR = 2;
  private static final int CANCEL = 8;

  private HttpNode node;

  @BeforeEach
  void startNode() throws Exception {
    node = RequestsTest.node(new Settings(), new TestApp());
  }

  @AfterEach
  void closeNode() {
    node.close();
  }

  private HttpClientSession connect(ScriptedServer server) throws Exception {
    return node.session(server.target(), OutboundOptions.plaintext(), "HTTP2");
  }

  private interface Script {
    void run(FrameClient server) throws Exception;
  }

  private static ScriptedServer serving(Script script, int... settings) throws Exception {
    return new ScriptedServer(
        peer -> {
          try (FrameClient server = FrameClient.server(peer.socket, settings)) {
            script.run(server);
          }
        });
  }

  /** A call that such a server is sent, and what has come of it. */
  private Received call(Script script) throws Exception {
    try (ScriptedServer server = serving(script)) {
      Received received = new Received();
      connect(server).send(HttpClientRequest.get("/"), received);
      return received.await();
    }
  }

  private static void assertFailed(Received received, Kind kind, boolean sent) {
    assertThat(received.failure).as("failure").isNotNull();
    assertThat(received.failure.kind()).as(received.failure.getMessage()).isEqualTo(kind);
    assertThat(received.failure.sent()).isEqualTo(sent);
  }

  private static void reset(FrameClient server, int stream, int code) throws Exception {
    server.write(FrameClient.RST_STREAM, 0, stream, FrameClient.number(code));
  }

  private static void goAway(FrameClient server, int last, int code) throws Exception {
    byte[] payload = new byte[8];
    System.arraycopy(FrameClient.number(last), 0, payload, 0, 4);
    System.arraycopy(FrameClient.number(code), 0, payload, 4, 4);
    server.write(FrameClient.GOAWAY, 0, 0, payload);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  // ---- ends

  @Test
  void aStreamThatIsRefusedHadNoEffect() throws Exception {
    Received received =
        call(
            server -> {
              reset(server, server.awaitRequest().stream(), REFUSED_STREAM);
              server.awaitEnd();
            });
    assertFailed(received, Kind.REFUSED, false);
  }

  @Test
  void aStreamThatIsResetFails() throws Exception {
    Received received =
        call(
            server -> {
              int stream = server.awaitRequest().stream();
              server.respond(stream, 200, false);
              server.data(stream, ascii("begun"), false);
              reset(server, stream, INTERNAL_ERROR);
              server.awaitEnd();
            });
    assertFailed(received, Kind.RESET, true);
    assertThat(received.text()).isEqualTo("begun");
    assertThat(received.failure).hasMessageContaining("INTERNAL_ERROR");
  }

  @Test
  void aConnectionThatEndsInTheMiddleIsLost() throws Exception {
    Received received =
        call(
            server -> {
              int stream = server.awaitRequest().stream();
              server.respond(stream, 200, false);
              server.data(stream, ascii("begun"), false);
            });
    assertFailed(received, Kind.CONNECTION_LOST, true);
  }

  @Test
  void behindTheLastStreamOfAGoAwayNothingHadAnEffectAndTheOthersEnd() throws Exception {
    CountDownLatch refused = new CountDownLatch(1);
    try (ScriptedServer server =
        serving(
            at -> {
              int first = at.awaitRequest().stream();
              at.awaitRequest();
              at.awaitRequest();
              goAway(at, first, 0);
              refused.await();
              at.respond(first, 200, false);
              at.data(first, ascii("first"), true);
              at.awaitEnd();
            })) {
      HttpClientSession session = connect(server);
      Received[] all = {new Received(), new Received(), new Received()};
      for (Received one : all) {
        session.send(HttpClientRequest.get("/"), one);
      }
      for (int i = 1; i < all.length; i++) {
        all[i].await();
        assertFailed(all[i], Kind.REFUSED, false);
      }
      assertThat(session.maxRequests()).isZero();
      refused.countDown();
      assertThat(all[0].awaitEnd().text()).isEqualTo("first");
      assertThat(node.outbound().endpoint().awaitNone(HttpNode.PATIENCE)).isTrue();
    }
  }

  @Test
  void whatAGoAwayRefusesGoesOverAnotherConnectionOfAPool() throws Exception {
    AtomicInteger connections = new AtomicInteger();
    try (ScriptedServer server =
            serving(
                at -> {
                  int stream = at.awaitRequest().stream();
                  if (connections.incrementAndGet() == 1) {
                    goAway(at, 0, 0);
                  } else {
                    at.respond(stream, 200, false);
                    at.data(stream, ascii("at last"), true);
                  }
                  at.awaitEnd();
                });
        dev.sluice.protocol.http.client.HttpClient client =
            dev.sluice.protocol.http.client.HttpClient.builder(node.outbound().connector())
                .options(OutboundOptions.plaintext())
                .protocols("HTTP2")
                .build()) {
      assertThat(
              client
                  .send(server.target(), HttpClientRequest.post("/", "body"))
                  .toCompletableFuture()
                  .get(20, TimeUnit.SECONDS)
                  .text())
          .isEqualTo("at last");
      assertThat(connections).hasValue(2);
    }
  }

  @Test
  void anAnswerBeforeTheRequestIsWholeIsTakenAndTheRestIsNotSent() throws Exception {
    try (ScriptedServer server =
        serving(
            at -> {
              int stream = at.awaitRequest().stream();
              at.respond(stream, 413, false);
              at.data(stream, ascii("no!"), true);
              assertThat(at.awaitReset(stream).errorCode()).isEqualTo(CANCEL);
              int next = at.awaitRequest().stream();
              at.respond(next, 204, true);
              at.awaitEnd();
            })) {
      HttpClientSession session = connect(server);
      Received received = new Received();
      HttpClientCall call = session.send(HttpClientRequest.of("PUT", "/").streamed(), received);
      call.body().write(Unpooled.copiedBuffer("begun", StandardCharsets.US_ASCII));
      assertThat(received.awaitEnd().head.status()).isEqualTo(413);
      assertThat(received.text()).isEqualTo("no!");
      assertThat(call.body().write(Unpooled.copiedBuffer("more", StandardCharsets.US_ASCII)))
          .isFalse();
      Received next = new Received();
      session.send(HttpClientRequest.get("/"), next);
      assertThat(next.awaitEnd().head.status()).isEqualTo(204);
    }
  }

  // ---- time and windows

  @Test
  void aServerThatStallsIsTimedOutAndItsOtherStreamsGoOn() throws Exception {
    try (ScriptedServer server =
        serving(
            at -> {
              int first = at.awaitRequest().stream();
              at.respond(first, 200, false);
              at.data(first, ascii("begun"), false);
              int second = at.awaitRequest().stream();
              assertThat(at.awaitReset(first).errorCode()).isEqualTo(8);
              at.respond(second, 200, false);
              at.data(second, ascii("second"), true);
              at.awaitEnd();
            })) {
      HttpClientSession session = connect(server);
      Received first = new Received();
      session.send(HttpClientRequest.get("/").readTimeout(Duration.ofMillis(300)), first);
      Received second = new Received();
      session.send(HttpClientRequest.get("/"), second);
      first.await();
      assertFailed(first, Kind.TIMEOUT, true);
      assertThat(second.awaitEnd().text()).isEqualTo("second");
    }
  }

  @Test
  void aServerThatOpensNoWindowStopsAnUpload() throws Exception {
    try (ScriptedServer server =
        serving(
            at -> {
              int stream = at.awaitRequest().stream();
              at.awaitReset(stream);
              at.awaitEnd();
            },
            FrameClient.INITIAL_WINDOW,
            0)) {
      HttpClientSession session = connect(server);
      Received received = new Received();
      session.send(
          HttpClientRequest.of("PUT", "/")
              .body(Unpooled.wrappedBuffer(new byte[1 << 20]))
              .readTimeout(Duration.ofMillis(300)),
          received);
      received.await();
      assertFailed(received, Kind.TIMEOUT, true);
    }
  }

  @Test
  void aServerThatTakesFewerRequestsNowIsSentFewer() throws Exception {
    CountDownLatch lowered = new CountDownLatch(1);
    try (ScriptedServer server =
        serving(
            at -> {
              at.settings(MAX_CONCURRENT_STREAMS, 1);
              int stream = at.awaitRequest().stream();
              lowered.await();
              at.respond(stream, 204, true);
              at.awaitEnd();
            },
            MAX_CONCURRENT_STREAMS,
            50)) {
      HttpClientSession session = connect(server);
      await("fewer", () -> session.maxRequests() == 1);
      Received first = new Received();
      session.send(HttpClientRequest.get("/"), first);
      Received second = new Received();
      session.send(HttpClientRequest.get("/"), second);
      second.await();
      assertFailed(second, Kind.LIMIT, false);
      lowered.countDown();
      first.awaitEnd();
    }
  }

  // ---- nonsense

  @ParameterizedTest
  @CsvSource({
    "no status, x, y",
    "a word for a status, :status, ok",
    "a status that is too long, :status, 2000",
    "switching protocols, :status, 101",
  })
  void heads(String what, String name, String value) throws Exception {
    Received received =
        call(
            server -> {
              int stream = server.awaitRequest().stream();
              server.write(
                  FrameClient.HEADERS,
                  FrameClient.END_HEADERS,
                  stream,
                  FrameClient.block(name, value));
              server.awaitReset(stream);
              server.awaitEnd();
            });
    assertFailed(received, Kind.INVALID_RESPONSE, true);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"X-Upper", "connection", "transfer-encoding", "upgrade", ":path", ":unknown", ""})
  void fieldsThatNoResponseMayHave(String name) throws Exception {
    Received received =
        call(
            server -> {
              int stream = server.awaitRequest().stream();
              server.write(
                  FrameClient.HEADERS,
                  FrameClient.END_HEADERS,
                  stream,
                  FrameClient.block(":status", "200", name, "chunked"));
              server.awaitEnd();
            });
    assertFailed(received, Kind.INVALID_RESPONSE, true);
  }

  @ParameterizedTest
  @CsvSource({"3, 5", "10, 5", "0, 5"})
  void aBodyUnlikeItsLength(int declared, int actual) throws Exception {
    Received received =
        call(
            server -> {
              int stream = server.awaitRequest().stream();
              server.respond(stream, 200, false, "content-length", "" + declared);
              server.data(stream, new byte[actual], true);
              server.awaitReset(stream);
              server.awaitEnd();
            });
    assertFailed(received, Kind.INVALID_RESPONSE, true);
  }

  @Test
  void aHeadThatDeclaresABodyAndIsAll() throws Exception {
    Received received =
        call(
            server -> {
              server.respond(server.awaitRequest().stream(), 200, true, "content-length", "5");
              server.awaitEnd();
            });
    assertFailed(received, Kind.INVALID_RESPONSE, true);
  }

  @Test
  void aBodyBeforeItsHead() throws Exception {
    Received received =
        call(
            server -> {
              int stream = server.awaitRequest().stream();
              server.data(stream, ascii("begun"), true);
              assertThat(server.awaitReset(stream).errorCode()).isEqualTo(1);
              server.awaitEnd();
            });
    assertFailed(received, Kind.INVALID_RESPONSE, true);
  }

  @Test
  void trailersInPlaceOfTheBodyThatWasDeclared() throws Exception {
    Received received =
        call(
            server -> {
              int stream = server.awaitRequest().stream();
              server.respond(stream, 200, false, "content-length", "4");
              server.write(
                  FrameClient.HEADERS,
                  FrameClient.END_HEADERS | FrameClient.END_STREAM,
                  stream,
                  FrameClient.block("x", "y"));
              assertThat(server.awaitReset(stream).errorCode()).isEqualTo(1);
              server.awaitEnd();
            });
    assertFailed(received, Kind.INVALID_RESPONSE, true);
  }

  @Test
  void aRefusalBehindTheBeginOfAnAnswerIsNone() throws Exception {
    Received received =
        call(
            server -> {
              int stream = server.awaitRequest().stream();
              server.respond(stream, 200, false);
              reset(server, stream, REFUSED_STREAM);
              server.awaitEnd();
            });
    assertFailed(received, Kind.RESET, true);
  }

  @Test
  void aFloodOfResetsEndsTheConnection() throws Exception {
    try (ScriptedServer server =
        serving(
            at -> {
              int stream = at.awaitRequest().stream();
              for (int i = 0; i < 20_000; i++) {
                reset(at, stream, INTERNAL_ERROR);
              }
              at.awaitEnd();
            })) {
      Received received = new Received();
      HttpClientSession session = connect(server);
      session.send(HttpClientRequest.get("/"), received);
      received.await();
      assertFailed(received, Kind.RESET, true);
      await("the connection's end", () -> session.maxRequests() == 0);
      assertThat(node.outbound().endpoint().metrics().snapshot().counters())
          .containsEntry("reset_flood", 1L);
    }
  }

  @Test
  void paddingDoesNotUseUpTheWindowOfABodyThatIsHeldBack() throws Exception {
    CountDownLatch paused = new CountDownLatch(1);
    CountDownLatch opened = new CountDownLatch(1);
    try (ScriptedServer server =
        serving(
            at -> {
              int stream = at.awaitRequest().stream();
              at.respond(stream, 200, false);
              paused.await();
              byte[] padded = new byte[257];
              padded[0] = (byte) 255;
              for (int i = 0; i < 900; i++) {
                at.write(FrameClient.DATA, FrameClient.PADDED, stream, padded);
              }
              at.await(
                  frame -> frame.type() == FrameClient.WINDOW_UPDATE && frame.stream() == stream);
              opened.countDown();
              at.data(stream, new byte[0], true);
              at.awaitEnd();
            })) {
      Received received = new Received();
      HttpClientCall call = connect(server).send(HttpClientRequest.get("/"), received);
      call.pauseBody();
      received.awaitHead();
      paused.countDown();
      assertThat(opened.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(received.size()).isZero();
      call.resumeBody();
      assertThat(received.awaitEnd().size()).isEqualTo(900);
    }
  }

  @Test
  void aPushThatWasNotAllowed() throws Exception {
    Received received =
        call(
            server -> {
              int stream = server.awaitRequest().stream();
              byte[] block =
                  FrameClient.block(
                      ":method", "GET", ":path", "/", ":scheme", "http", ":authority", "a");
              byte[] payload = new byte[4 + block.length];
              payload[3] = 2;
              System.arraycopy(block, 0, payload, 4, block.length);
              server.write(FrameClient.PUSH_PROMISE, FrameClient.END_HEADERS, stream, payload);
              assertThat(server.awaitGoAway().errorCode()).isEqualTo(1);
              server.awaitEnd();
            });
    assertFailed(received, Kind.INVALID_RESPONSE, true);
  }

  @Test
  void headsThatAreTooLarge() throws Exception {
    List<String> many = new ArrayList<>(List.of(":status", "200"));
    for (int i = 0; i < 300; i++) {
      many.addAll(List.of("x" + i, "y"));
    }
    String large = "y".repeat(120);
    List<String> block30k = new ArrayList<>(List.of(":status", "200"));
    for (int i = 0; i < 230; i++) {
      block30k.addAll(List.of("x" + i, large));
    }
    for (List<String> head : List.of(many, block30k)) {
      byte[] block = FrameClient.block(head.toArray(String[]::new));
      Received received =
          call(
              server -> {
                int stream = server.awaitRequest().stream();
                int half = Math.min(block.length, 16_000);
                byte[] first = java.util.Arrays.copyOf(block, half);
                byte[] rest = java.util.Arrays.copyOfRange(block, half, block.length);
                server.write(
                    FrameClient.HEADERS,
                    rest.length == 0 ? FrameClient.END_HEADERS : 0,
                    stream,
                    first);
                if (rest.length > 0) {
                  server.write(FrameClient.CONTINUATION, FrameClient.END_HEADERS, stream, rest);
                }
                server.awaitEnd();
              });
      assertFailed(received, Kind.RESPONSE_TOO_LARGE, true);
    }
  }

  @Test
  void interimResponsesWithoutEnd() throws Exception {
    Received received =
        call(
            server -> {
              int stream = server.awaitRequest().stream();
              for (int i = 0; i < 100; i++) {
                server.respond(stream, 103, false);
              }
              server.awaitEnd();
            });
    assertFailed(received, Kind.INVALID_RESPONSE, true);
    assertThat(received.interim).hasSizeLessThan(100);
  }

  @Test
  void aFloodOfPingsEndsTheConnection() throws Exception {
    Received received =
        call(
            server -> {
              server.awaitRequest();
              for (int i = 0; i < 2000; i++) {
                server.write(FrameClient.PING, 0, 0, new byte[8]);
              }
              server.awaitEnd();
            });
    assertFailed(received, Kind.INVALID_RESPONSE, true);
    assertThat(received.failure).hasMessageContaining("ping_flood");
  }

  /** Who answered the preface might do so before there is a request to fail. */
  private static void awaitRequest(ScriptedServer.Peer peer) throws IOException {
    assertThat(peer.readHead()).startsWith("PRI ");
    assertThat(peer.readHead()).startsWith("SM");
    DataInputStream in = new DataInputStream(peer.in);
    int type;
    do {
      int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
      type = in.readUnsignedByte();
      in.skipNBytes(5 + length);
    } while (type != FrameClient.HEADERS);
  }

  @Test
  void aServerThatSpeaksSomethingElse() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              awaitRequest(peer);
              peer.write("HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
              peer.drain();
            })) {
      Received received = new Received();
      connect(server).send(HttpClientRequest.get("/"), received);
      HttpClientException failure = received.awaitFailure();
      assertThat(failure.kind()).isIn(Kind.INVALID_RESPONSE, Kind.CONNECTION_LOST);
    }
  }

  @Test
  void aServerThatDoesNotChooseHttp2ByAlpn() throws Exception {
    HttpNode.Options options = new HttpNode.Options();
    options.tls = true;
    try (HttpNode other = options.start(new TestApp())) {
      var stage =
          node.outbound()
              .connector()
              .connect(
                  new dev.sluice.api.outbound.OutboundTarget("127.0.0.1", other.port()),
                  OutboundOptions.builder()
                      .tls(
                          OutboundTls.builder()
                              .insecureNoVerification()
                              .alpn("http/1.1", "h2")
                              .build())
                      .build(),
                  "HTTP2");
      assertThat(stage)
          .failsWithin(Duration.ofSeconds(20))
          .withThrowableOfType(java.util.concurrent.ExecutionException.class)
          .havingCause()
          .isInstanceOf(OutboundException.class)
          .withMessageContaining("does not speak HTTP/2");
    }
  }

  @Test
  void whatComesForACallThatWasGivenUpIsDropped() throws Exception {
    try (ScriptedServer server =
        serving(
            at -> {
              int first = at.awaitRequest().stream();
              at.awaitReset(first);
              at.respond(first, 200, false);
              for (int i = 0; i < 40; i++) {
                at.data(first, new byte[16_000], false);
              }
              int second = at.awaitRequest().stream();
              at.respond(second, 200, false);
              at.data(second, ascii("second"), true);
              Frame next;
              do {
                next = at.next();
                assertThat(next == null || next.type() != FrameClient.RST_STREAM).isTrue();
              } while (next != null);
            })) {
      HttpClientSession session = connect(server);
      Received first = new Received();
      session.send(HttpClientRequest.get("/"), first).cancel();
      assertThat(first.awaitFailure().kind()).isEqualTo(Kind.CANCELLED);
      Received second = new Received();
      session.send(HttpClientRequest.get("/"), second);
      assertThat(second.awaitEnd().text()).isEqualTo("second");
    }
  }
}
