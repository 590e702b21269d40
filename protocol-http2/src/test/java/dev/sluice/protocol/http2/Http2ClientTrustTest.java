// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static dev.sluice.protocol.http1.HttpNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.protocol.http.client.HttpClient;
import dev.sluice.protocol.http.client.HttpClientCall;
import dev.sluice.protocol.http.client.HttpClientException;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientSession;
import dev.sluice.protocol.http.client.HttpClientSettings;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Received;
import dev.sluice.protocol.http1.ScriptedServer;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import dev.sluice.protocol.http2.FrameClient.Frame;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
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
import org.junit.jupiter.params.provider.ValueSource;

/** What a client believes of a server, and for how long. */
@Timeout(60)
@ResourceLock(HttpNode.LOG)
class Http2ClientTrustTest {

  private static final int MAX_CONCURRENT_STREAMS = 3;

  private HttpNode node;

  @BeforeEach
  void startNode() throws Exception {
    node = RequestsTest.node(new Settings(), new TestApp());
  }

  @AfterEach
  void closeNode() {
    node.close();
  }

  private interface Script {
    void run(FrameClient server, int connection) throws Exception;
  }

  private static ScriptedServer serving(Script script, int... settings) throws Exception {
    AtomicInteger connections = new AtomicInteger();
    return new ScriptedServer(
        peer -> {
          int connection = connections.incrementAndGet();
          try (FrameClient server = FrameClient.server(peer.socket, settings)) {
            script.run(server, connection);
          }
        });
  }

  private HttpClient pool(HttpClientSettings settings, int connections) {
    return HttpClient.builder(node.outbound().connector())
        .options(OutboundOptions.plaintext())
        .protocols("HTTP2")
        .settings(settings)
        .maxConnections(connections)
        .build();
  }

  private Received send(HttpClient client, ScriptedServer server, HttpClientRequest request) {
    Received received = new Received();
    client.send(server.target(), request, received);
    return received;
  }

  private HttpClientSession connect(ScriptedServer server, HttpClientSettings settings)
      throws Exception {
    return node.session(
        server.target(), OutboundOptions.builder().plaintext().settings(settings).build(), "HTTP2");
  }

  private static HttpClientSettings checking(int after, int timeout) {
    return HttpClientSettings.DEFAULTS.withCheck(
        Duration.ofMillis(after), Duration.ofMillis(timeout));
  }

  private Long counted(String name) {
    return node.outbound().endpoint().metrics().snapshot().counters().get(name);
  }

  private static void goAway(FrameClient server, int last) throws Exception {
    byte[] payload = new byte[8];
    System.arraycopy(FrameClient.number(last), 0, payload, 0, 4);
    server.write(FrameClient.GOAWAY, 0, 0, payload);
  }

  private static void answer(FrameClient server, int stream, String text) throws Exception {
    server.respond(stream, 200, false);
    server.data(stream, text.getBytes(StandardCharsets.US_ASCII), true);
  }

  private static Frame awaitPing(FrameClient server) throws Exception {
    return server.await(frame -> frame.type() == FrameClient.PING);
  }

  /** A limit that the client goes by when this returns; it answers a PING behind it. */
  private static void limit(FrameClient server, int streams) throws Exception {
    server.settings(MAX_CONCURRENT_STREAMS, streams);
    server.write(FrameClient.PING, 0, 0, new byte[8]);
    awaitPing(server);
  }

  // ---- what was begun to be answered

  @ParameterizedTest
  @ValueSource(ints = {103, 200})
  void whatWasBegunToBeAnsweredIsNotTriedAgainBehindAGoAway(int status) throws Exception {
    try (ScriptedServer server =
            serving(
                (at, connection) -> {
                  int stream = at.awaitRequest().stream();
                  if (connection == 1) {
                    at.respond(stream, status, false);
                    goAway(at, 0);
                  } else {
                    answer(at, stream, "again");
                  }
                  at.awaitEnd();
                });
        HttpClient client = pool(HttpClientSettings.DEFAULTS, 8)) {
      Received received = send(client, server, HttpClientRequest.post("/", "once"));
      HttpClientException failure = received.awaitFailure();
      assertThat(failure.kind()).isEqualTo(Kind.CONNECTION_LOST);
      assertThat(failure.sent()).isTrue();
      assertThat(received.text()).isEmpty();
      assertThat(server.accepted()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "POST"})
  void whatAKeptConnectionLostIsRepeatedIfItsMethodIsIdempotent(String method) throws Exception {
    try (ScriptedServer server =
            serving(
                (at, connection) -> {
                  answer(at, at.awaitRequest().stream(), "from " + connection);
                  if (connection == 1) {
                    at.awaitRequest();
                  } else {
                    at.awaitEnd();
                  }
                });
        HttpClient client = pool(HttpClientSettings.DEFAULTS, 1)) {
      assertThat(send(client, server, HttpClientRequest.get("/")).awaitEnd().text())
          .isEqualTo("from 1");
      Received second = send(client, server, HttpClientRequest.of(method, "/"));
      if (method.equals("GET")) {
        assertThat(second.awaitEnd().text()).isEqualTo("from 2");
      } else {
        assertThat(second.awaitFailure().kind()).isEqualTo(Kind.CONNECTION_LOST);
        assertThat(server.accepted()).isEqualTo(1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 5})
  void anAnswerThatHasNoBodyMayTellALength(int length) throws Exception {
    try (ScriptedServer server =
        serving(
            (at, connection) -> {
              at.respond(at.awaitRequest().stream(), 204, true, "content-length", "" + length);
              at.awaitEnd();
            })) {
      Received received = new Received();
      connect(server, HttpClientSettings.DEFAULTS).send(HttpClientRequest.get("/"), received);
      assertThat(received.awaitEnd().head.status()).isEqualTo(204);
      assertThat(received.head.contentLength()).isZero();
    }
  }

  // ---- a server that is no more

  @Test
  void behindATimeoutADeadConnectionGetsNoMoreAndIsClosed() throws Exception {
    try (ScriptedServer server =
            serving(
                (at, connection) -> {
                  int stream = at.awaitRequest().stream();
                  if (connection == 2) {
                    answer(at, stream, "alive");
                  }
                  Frame next;
                  while ((next = at.next()) != null) {
                    assertThat(next.type()).as("no other request").isNotEqualTo(1);
                  }
                });
        HttpClient client = pool(checking(10_000, 300), 2)) {
      Received first =
          send(client, server, HttpClientRequest.get("/").readTimeout(Duration.ofMillis(200)));
      assertThat(first.awaitFailure().kind()).isEqualTo(Kind.TIMEOUT);
      Received second = send(client, server, HttpClientRequest.post("/", "x"));
      assertThat(second.awaitEnd().text()).isEqualTo("alive");
      await("the dead one is closed", () -> Long.valueOf(1).equals(counted("ping_timeout")));
    }
  }

  @Test
  void aServerThatIsOnlySlowGetsRequestsAgain() throws Exception {
    CountDownLatch suspended = new CountDownLatch(1);
    try (ScriptedServer server =
        serving(
            (at, connection) -> {
              at.awaitRequest();
              Frame ping = awaitPing(at);
              suspended.await();
              at.write(FrameClient.PING, FrameClient.ACK, 0, ping.payload());
              answer(at, at.awaitRequest().stream(), "at last");
              at.awaitEnd();
            })) {
      HttpClientSession session = connect(server, checking(10_000, 20_000));
      Received first = new Received();
      session.send(HttpClientRequest.get("/").readTimeout(Duration.ofMillis(200)), first);
      assertThat(first.awaitFailure().kind()).isEqualTo(Kind.TIMEOUT);
      await("no more for now", () -> session.maxRequests() == 0);
      assertThat(session.isOpen()).isTrue();
      Received second = new Received();
      session.send(HttpClientRequest.get("/"), second);
      suspended.countDown();
      assertThat(second.awaitEnd().text()).isEqualTo("at last");
      assertThat(session.maxRequests()).isPositive();
    }
  }

  @Test
  void aConnectionThatHasSleptIsAskedFirst() throws Exception {
    try (ScriptedServer server =
            serving(
                (at, connection) -> {
                  answer(at, at.awaitRequest().stream(), "from " + connection);
                  Frame next;
                  while ((next = at.next()) != null) {
                    assertThat(next.type()).as("no other request").isNotEqualTo(1);
                  }
                });
        HttpClient client = pool(checking(200, 300), 1)) {
      assertThat(send(client, server, HttpClientRequest.get("/")).awaitEnd().text())
          .isEqualTo("from 1");
      assertThat(new CountDownLatch(1).await(300, TimeUnit.MILLISECONDS)).isFalse();
      Received second = send(client, server, HttpClientRequest.post("/", "x"));
      assertThat(second.awaitEnd().text()).isEqualTo("from 2");
    }
  }

  /** It speaks, so that it is not gone; but what waits for its answer must not wait for ever. */
  @Test
  void aServerThatSpeaksButDoesNotAnswerGetsNoMore() throws Exception {
    try (ScriptedServer server =
        serving(
            (at, connection) -> {
              at.awaitRequest();
              awaitPing(at);
              CountDownLatch never = new CountDownLatch(1);
              while (!never.await(50, TimeUnit.MILLISECONDS)) {
                at.window(0, 1);
              }
            })) {
      HttpClientSession session = connect(server, checking(10_000, 300));
      Received first = new Received();
      session.send(HttpClientRequest.get("/").readTimeout(Duration.ofMillis(200)), first);
      Received other = new Received();
      HttpClientCall download = session.send(HttpClientRequest.get("/"), other);
      assertThat(first.awaitFailure().kind()).isEqualTo(Kind.TIMEOUT);
      Received second = new Received();
      session.send(HttpClientRequest.get("/"), second);
      HttpClientException failure = second.awaitFailure();
      assertThat(failure.kind()).isEqualTo(Kind.CLOSED);
      assertThat(failure.sent()).isFalse();
      assertThat(session.isOpen()).isFalse();
      assertThat(other.isOver()).isFalse();
      download.cancel();
      other.awaitFailure();
    }
  }

  /** RFC 9113, section 5.1.1: it may not, and each would cost memory for as long as it likes. */
  @ParameterizedTest
  @ValueSource(ints = {2, 1000})
  void aServerBeginsNoStreams(int stream) throws Exception {
    try (ScriptedServer server =
        serving(
            (at, connection) -> {
              at.awaitRequest();
              at.respond(stream, 200, false);
              Frame goAway = at.await(frame -> frame.type() == 7);
              assertThat(goAway.payload()[7]).as("PROTOCOL_ERROR").isEqualTo((byte) 1);
              at.awaitEnd();
            })) {
      Received received = new Received();
      connect(server, HttpClientSettings.DEFAULTS).send(HttpClientRequest.get("/"), received);
      assertThat(received.awaitFailure().kind()).isEqualTo(Kind.INVALID_RESPONSE);
      assertThat(counted("http2_protocol_error")).isEqualTo(1);
    }
  }

  /** Nor does it promise any, also where it has not said that it knows that it may not. */
  @Test
  void aServerPromisesNoStreams() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              try (FrameClient at = FrameClient.deafServer(peer.socket)) {
                int stream = at.awaitRequest().stream();
                byte[] fields = FrameClient.block(":method", "GET", ":scheme", "http");
                byte[] payload = Arrays.copyOf(FrameClient.number(2), 4 + fields.length);
                System.arraycopy(fields, 0, payload, 4, fields.length);
                at.write(FrameClient.PUSH_PROMISE, FrameClient.END_HEADERS, stream, payload);
                at.await(frame -> frame.type() == 7);
                at.awaitEnd();
              }
            })) {
      Received received = new Received();
      connect(server, HttpClientSettings.DEFAULTS).send(HttpClientRequest.get("/"), received);
      assertThat(received.awaitFailure().kind()).isEqualTo(Kind.INVALID_RESPONSE);
      assertThat(counted("http2_protocol_error")).isEqualTo(1);
    }
  }

  // ---- how much it takes

  @Test
  void aServerThatTakesNothingForNowIsWaitedFor() throws Exception {
    CountDownLatch closed = new CountDownLatch(1);
    CountDownLatch opened = new CountDownLatch(1);
    try (ScriptedServer server =
            serving(
                (at, connection) -> {
                  answer(at, at.awaitRequest().stream(), "first");
                  limit(at, 0);
                  closed.countDown();
                  opened.await();
                  at.settings(MAX_CONCURRENT_STREAMS, 1);
                  answer(at, at.awaitRequest().stream(), "second");
                  at.awaitEnd();
                });
        HttpClient client = pool(HttpClientSettings.DEFAULTS, 1)) {
      assertThat(send(client, server, HttpClientRequest.get("/")).awaitEnd().text())
          .isEqualTo("first");
      closed.await();
      Received second = send(client, server, HttpClientRequest.post("/", "x"));
      assertThat(new CountDownLatch(1).await(300, TimeUnit.MILLISECONDS)).isFalse();
      assertThat(second.isOver()).isFalse();
      opened.countDown();
      assertThat(second.awaitEnd().text()).isEqualTo("second");
      assertThat(server.accepted()).isEqualTo(1);
    }
  }

  /** Whoever waits for the place of a stream that has ended finds it free. */
  @ParameterizedTest
  @ValueSource(strings = {"reset", "refused", "malformed", "too many fields"})
  void anEndedStreamsPlaceIsForTheNextCall(String how) throws Exception {
    CountDownLatch waiting = new CountDownLatch(1);
    try (ScriptedServer server =
            serving(
                (at, connection) -> {
                  answer(at, at.awaitRequest().stream(), "warm");
                  int stream = at.awaitRequest().stream();
                  waiting.await();
                  switch (how) {
                    case "reset" ->
                        at.write(FrameClient.RST_STREAM, 0, stream, FrameClient.number(2));
                    case "refused" ->
                        at.write(FrameClient.RST_STREAM, 0, stream, FrameClient.number(7));
                    case "malformed" -> at.respond(stream, 200, true, "content-length", "5");
                    default -> {
                      String[] fields = new String[1000];
                      Arrays.fill(fields, "x");
                      at.respond(stream, 200, true, fields);
                    }
                  }
                  Frame next;
                  while ((next = at.awaitRequest()) != null) {
                    answer(at, next.stream(), "answered");
                  }
                },
                MAX_CONCURRENT_STREAMS,
                1);
        HttpClient client = pool(HttpClientSettings.DEFAULTS, 1)) {
      assertThat(send(client, server, HttpClientRequest.get("/")).awaitEnd().text())
          .isEqualTo("warm");
      Received first = send(client, server, HttpClientRequest.get("/"));
      List<Received> all = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        all.add(send(client, server, HttpClientRequest.post("/", "x")));
      }
      waiting.countDown();
      for (Received received : all) {
        assertThat(received.awaitEnd().text()).isEqualTo("answered");
      }
      if (how.equals("refused")) {
        assertThat(first.awaitEnd().text()).isEqualTo("answered");
      } else {
        assertThat(first.awaitFailure().kind())
            .isEqualTo(
                switch (how) {
                  case "reset" -> Kind.RESET;
                  case "malformed" -> Kind.INVALID_RESPONSE;
                  default -> Kind.RESPONSE_TOO_LARGE;
                });
      }
      assertThat(server.accepted()).isEqualTo(1);
    }
  }

  @Test
  void whatWaitsFollowsALimitThatShrinksAndGrows() throws Exception {
    CountDownLatch lowered = new CountDownLatch(1);
    try (ScriptedServer server =
            serving(
                (at, connection) -> {
                  int first = at.awaitRequest().stream();
                  limit(at, 1);
                  lowered.countDown();
                  answer(at, first, "x");
                  // One at a time, and none beside it.
                  int second = at.awaitRequest().stream();
                  Frame more;
                  while ((more = at.nextWithin(Duration.ofMillis(300))) != null) {
                    assertThat(more.type()).as("no other request").isNotEqualTo(1);
                  }
                  at.settings(MAX_CONCURRENT_STREAMS, 3);
                  int third = at.awaitRequest().stream();
                  int fourth = at.awaitRequest().stream();
                  for (int stream : new int[] {second, third, fourth}) {
                    answer(at, stream, "x");
                  }
                  at.awaitEnd();
                },
                MAX_CONCURRENT_STREAMS,
                2);
        HttpClient client = pool(HttpClientSettings.DEFAULTS, 1)) {
      List<Received> all = new ArrayList<>();
      all.add(send(client, server, HttpClientRequest.get("/")));
      lowered.await();
      for (int i = 0; i < 3; i++) {
        all.add(send(client, server, HttpClientRequest.post("/", "x")));
      }
      for (Received one : all) {
        assertThat(one.awaitEnd().text()).isEqualTo("x");
      }
      assertThat(server.accepted()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {10, 1000, 3000})
  void itsControlFramesAreAllowedForAsTheCallerSays(int frames) throws Exception {
    int pings = 2000;
    try (ScriptedServer server =
        serving(
            (at, connection) -> {
              int stream = at.awaitRequest().stream();
              byte[] ping = FrameClient.frame(FrameClient.PING, 0, 0, new byte[8]);
              if (at.flood(ping, pings)) {
                answer(at, stream, "x");
              }
              at.awaitEnd();
            })) {
      Received received = new Received();
      connect(server, HttpClientSettings.DEFAULTS.withMaxControlFrames(frames))
          .send(HttpClientRequest.get("/"), received);
      if (frames > pings) {
        assertThat(received.awaitEnd().text()).isEqualTo("x");
      } else {
        assertThat(received.awaitFailure()).hasMessageContaining("ping_flood");
      }
    }
  }
}
