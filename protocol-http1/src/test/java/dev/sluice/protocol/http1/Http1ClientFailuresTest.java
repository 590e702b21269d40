// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static dev.sluice.protocol.http1.HttpNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.ByteSize;
import dev.sluice.api.ConnId;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.protocol.http.client.HttpClientCall;
import dev.sluice.protocol.http.client.HttpClientException;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientSession;
import dev.sluice.protocol.http.client.HttpClientSettings;
import dev.sluice.protocol.http1.ScriptedServer.Script;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Servers that break off, stall, lie or talk nonsense: each call hears what has become of it. */
@Timeout(60)
class Http1ClientFailuresTest {

  private HttpNode node;

  @BeforeEach
  void startNode() throws Exception {
    node = HttpNode.serving(new TestApp());
  }

  @AfterEach
  void closeNode() {
    node.close();
  }

  private HttpClientSession connect(ScriptedServer server, HttpClientSettings settings)
      throws Exception {
    return node.session(
        server.target(), OutboundOptions.builder().plaintext().settings(settings).build(), "HTTP1");
  }

  private HttpClientSession connect(ScriptedServer server) throws Exception {
    return connect(server, HttpClientSettings.DEFAULTS);
  }

  private Received call(Script script, HttpClientRequest request) throws Exception {
    try (ScriptedServer server = new ScriptedServer(script)) {
      Received received = new Received();
      HttpClientSession session = connect(server);
      session.send(request, received);
      return received.await();
    }
  }

  private Received answeredWith(String response) throws Exception {
    return call(
        peer -> {
          peer.readHead();
          peer.write(response);
        },
        HttpClientRequest.get("/"));
  }

  private static void assertFailed(Received received, Kind kind) {
    assertThat(received.failure).as("failure").isNotNull();
    assertThat(received.failure.kind()).isEqualTo(kind);
    assertThat(received.failure.sent()).isTrue();
  }

  // ---- ends

  @Test
  void aServerThatEndsWithoutAnAnswer() throws Exception {
    assertFailed(answeredWith(""), Kind.CONNECTION_LOST);
  }

  @Test
  void aServerThatEndsInTheMiddleOfItsHead() throws Exception {
    assertFailed(answeredWith("HTTP/1.1 200 OK\r\ncontent-le"), Kind.CONNECTION_LOST);
  }

  @ParameterizedTest
  @ValueSource(strings = {"content-length: 10", "transfer-encoding: chunked"})
  void aServerThatEndsInTheMiddleOfItsBody(String framing) throws Exception {
    Received received = answeredWith("HTTP/1.1 200 OK\r\n" + framing + "\r\n\r\n5\r\nbegun");
    assertFailed(received, Kind.CONNECTION_LOST);
    assertThat(received.head.status()).isEqualTo(200);
    assertThat(received.text()).endsWith("begun");
  }

  @Test
  void aServerThatIsResetInTheMiddleOfItsBody() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.readHead();
              peer.write("HTTP/1.1 200 OK\r\n\r\nuntil the end");
              begun.await();
              peer.reset();
            })) {
      Received received = new Received();
      connect(server).send(HttpClientRequest.get("/"), received);
      await("the body", () -> received.text().equals("until the end"));
      begun.countDown();
      assertThat(received.awaitFailure().kind()).isEqualTo(Kind.CONNECTION_LOST);
    }
  }

  @Test
  void aBodyWithoutALengthEndsWithItsConnection() throws Exception {
    Received received = answeredWith("HTTP/1.1 200 OK\r\n\r\nuntil the end");
    assertThat(received.failure).isNull();
    assertThat(received.head.contentLength()).isEqualTo(HttpClientRequest.UNKNOWN_LENGTH);
    assertThat(received.text()).isEqualTo("until the end");
  }

  @Test
  void whatHasComeBeforeTheEndIsNotLostToACallerWhoHasStoppedIt() throws Exception {
    String body = "x".repeat(30_000);
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.readHead();
              peer.write("HTTP/1.1 200 OK\r\n\r\n" + body);
            })) {
      CompletableFuture<HttpClientCall> call = new CompletableFuture<>();
      CountDownLatch stopped = new CountDownLatch(1);
      Received received =
          new Received() {
            @Override
            public void head(dev.sluice.protocol.http.client.HttpResponseHead arrived) {
              super.head(arrived);
              call.join().pauseBody();
              stopped.countDown();
            }
          };
      call.complete(connect(server).send(HttpClientRequest.get("/"), received));
      assertThat(stopped.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(received.size()).isZero();
      call.join().resumeBody();
      assertThat(received.awaitEnd().text()).isEqualTo(body);
    }
  }

  @Test
  void everyPipelinedCallHearsOfTheEnd() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.readHead();
              peer.readHead();
              peer.readHead();
              peer.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
            })) {
      HttpClientSession session = connect(server, HttpClientSettings.DEFAULTS.withMaxPipelined(3));
      Received[] all = {new Received(), new Received(), new Received()};
      for (Received one : all) {
        session.send(HttpClientRequest.get("/"), one);
      }
      assertThat(all[0].awaitEnd().text()).isEqualTo("ok");
      assertThat(all[1].awaitFailure().kind()).isEqualTo(Kind.CONNECTION_LOST);
      assertThat(all[2].awaitFailure().kind()).isEqualTo(Kind.CONNECTION_LOST);
      assertThat(all[2].failure.sent()).isTrue();
    }
  }

  // ---- time

  private Received stalled(String begin, HttpClientRequest request) throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.readHead();
              peer.write(begin);
              over.await();
            })) {
      Received received = new Received();
      connect(server).send(request, received);
      received.await();
      over.countDown();
      return received;
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx:",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nbegun",
        "HTTP/1.1 200 OK\r\n\r\nbegun"
      })
  void aServerThatStalls(String begin) throws Exception {
    Received received =
        stalled(begin, HttpClientRequest.get("/").readTimeout(Duration.ofMillis(300)));
    assertFailed(received, Kind.TIMEOUT);
    assertThat(received.failure).hasMessageContaining("nothing has moved");
  }

  @Test
  void aServerThatSendsAByteNowAndThenMissesTheDeadline() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.readHead();
              peer.write("HTTP/1.1 200 OK\r\n\r\n");
              while (!over.await(20, TimeUnit.MILLISECONDS)) {
                peer.write(".");
              }
            })) {
      Received received = new Received();
      connect(server)
          .send(
              HttpClientRequest.get("/")
                  .readTimeout(Duration.ofSeconds(20))
                  .deadline(Duration.ofMillis(500)),
              received);
      HttpClientException failure = received.awaitFailure();
      over.countDown();
      assertThat(failure.kind()).isEqualTo(Kind.TIMEOUT);
      assertThat(failure).hasMessageContaining("deadline");
      assertThat(received.size()).isPositive();
    }
  }

  @Test
  void timeInWhichTheCallerHoldsTheServerBackDoesNotCount() throws Exception {
    Received received = new Received();
    try (ScriptedServer server =
        ScriptedServer.answering("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")) {
      HttpClientCall call =
          connect(server)
              .send(HttpClientRequest.get("/").readTimeout(Duration.ofMillis(200)), received);
      call.pauseBody();
      received.awaitHead();
      assertThat(server.accepted()).isEqualTo(1);
      CountDownLatch later = new CountDownLatch(1);
      assertThat(later.await(600, TimeUnit.MILLISECONDS)).isFalse();
      call.resumeBody();
      assertThat(received.awaitEnd().text()).isEqualTo("ok");
    }
  }

  @Test
  void aServerThatNeverSaysGoOnGetsTheBodyAfterASecond() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              String head = peer.readHead();
              if (head.contains("expect: 100-continue") && peer.readBytes(4).equals("body")) {
                peer.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
              }
            })) {
      Received received = new Received();
      connect(server)
          .send(HttpClientRequest.of("PUT", "/").body("body").expectContinue(), received);
      assertThat(received.awaitEnd().text()).isEqualTo("ok");
    }
  }

  /** A connection that takes nothing any more, and of which its session has not heard so yet. */
  @ParameterizedTest
  @ValueSource(ints = {10, 200_000})
  void aBodyThatNoConnectionTakesIsGivenBack(int bytes) throws Exception {
    SessionContext context =
        stub(
            SessionContext.class,
            (method, arguments) ->
                switch (method) {
                  case "executor" -> ImmediateEventExecutor.INSTANCE;
                  case "allocator" -> UnpooledByteBufAllocator.DEFAULT;
                  case "settings" -> HttpClientSettings.DEFAULTS;
                  case "nanoTime" -> 0L;
                  default -> null;
                });
    SessionWriter writer =
        stub(
            SessionWriter.class,
            (method, arguments) ->
                switch (method) {
                  case "context" -> context;
                  case "isWritable" -> false;
                  case "writeOutbound" -> !((ByteBuf) arguments[1]).release();
                  default -> null;
                });
    ByteBuf body = Unpooled.buffer(bytes).writerIndex(bytes);
    Received received = new Received();
    new Http1Client(ConnId.of(1), writer)
        .send(HttpClientRequest.of("PUT", "/").body(body), received);
    assertThat(received.failure.kind()).isEqualTo(Kind.CONNECTION_LOST);
    assertThat(received.failure.sent()).isFalse();
    assertThat(body.refCnt()).isZero();
  }

  private static <T> T stub(Class<T> type, BiFunction<String, Object[], Object> answers) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> answers.apply(method.getName(), arguments)));
  }

  /** It has not said 100, and its answer is none before it has the body. */
  @Test
  void aServerThatAnswersInsteadOfSayingGoOnGetsTheBodyAfterASecond() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.readHead();
              peer.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n");
              peer.write(peer.readBytes(4));
            })) {
      Received received = new Received();
      connect(server)
          .send(HttpClientRequest.of("PUT", "/").body("body").expectContinue(), received);
      assertThat(received.awaitEnd().text()).isEqualTo("body");
    }
  }

  @Test
  void aServerThatDoesNotReadStopsAStreamedBody() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (ScriptedServer server = new ScriptedServer(peer -> over.await())) {
      Received received = new Received();
      HttpClientCall call =
          connect(server)
              .send(
                  HttpClientRequest.of("PUT", "/").streamed().readTimeout(Duration.ofMillis(500)),
                  received);
      AtomicLong written = new AtomicLong();
      call.body()
          .onWritable(
              () -> {
                while (call.body().isWritable() && written.get() < 1L << 30) {
                  call.body().write(Unpooled.wrappedBuffer(new byte[16 << 10]));
                  written.addAndGet(16 << 10);
                }
              });
      assertThat(received.awaitFailure().kind()).isEqualTo(Kind.TIMEOUT);
      assertThat(written.get()).isBetween(1L << 16, 64L << 20);
      over.countDown();
      assertThat(call.body().write(Unpooled.wrappedBuffer(new byte[1]))).isFalse();
    }
  }

  @Test
  void aWholeBodyThatIsTakenSlowlyIsNotTimedOut() throws Exception {
    int size = 32 << 20;
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.readHead();
              CountDownLatch never = new CountDownLatch(1);
              for (int read = 0; read < size; ) {
                read += peer.in.readNBytes(2 << 20).length;
                boolean unused = never.await(60, TimeUnit.MILLISECONDS);
              }
              peer.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
            })) {
      Received received = new Received();
      connect(server)
          .send(
              HttpClientRequest.of("PUT", "/")
                  .body(Unpooled.wrappedBuffer(new byte[size]))
                  .readTimeout(Duration.ofMillis(600)),
              received);
      assertThat(received.awaitEnd().text()).isEqualTo("ok");
    }
  }

  @Test
  void aWholeBodyThatIsNotTakenIs() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    try (ScriptedServer server = new ScriptedServer(peer -> over.await())) {
      Received received = new Received();
      connect(server)
          .send(
              HttpClientRequest.of("PUT", "/")
                  .body(Unpooled.wrappedBuffer(new byte[32 << 20]))
                  .readTimeout(Duration.ofMillis(400)),
              received);
      assertThat(received.awaitFailure().kind()).isEqualTo(Kind.TIMEOUT);
      over.countDown();
    }
  }

  // ---- nonsense

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 2000 OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 200 OK\n\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\na : b\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx",
        "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nab\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\ntransfer-encoding: chunked\r\n\r\n",
        // Without the end of a line, which may never come.
        "S",
        "HTTP/2",
        "HTTP/1.x",
        "SSH-2.0-OpenSSH_9.6"
      })
  void whatIsNoResponse(String response) throws Exception {
    assertFailed(answeredWith(response), Kind.INVALID_RESPONSE);
  }

  @Test
  void interimResponsesWithoutEnd() throws Exception {
    assertFailed(
        answeredWith("HTTP/1.1 102 Processing\r\n\r\n".repeat(1000)), Kind.INVALID_RESPONSE);
  }

  @Test
  void headsThatAreTooLarge() throws Exception {
    for (String head :
        new String[] {
          "HTTP/1.1 200 " + "x".repeat(40_000),
          "HTTP/1.1 200 OK\r\nx: " + "x".repeat(40_000),
          "HTTP/1.1 200 OK\r\n" + "x: y\r\n".repeat(300)
        }) {
      assertFailed(answeredWith(head), Kind.RESPONSE_TOO_LARGE);
    }
  }

  @Test
  void theSameLengthTwiceIsOne() throws Exception {
    assertThat(
            answeredWith("HTTP/1.1 200\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\nok").text())
        .isEqualTo("ok");
  }

  @Test
  void bytesBehindAResponseAreNoOthersResponse() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.readHead();
              peer.write(
                  "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
                      + "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil");
              peer.drain();
            })) {
      HttpClientSession session = connect(server);
      Received received = new Received();
      session.send(HttpClientRequest.get("/"), received);
      assertThat(received.awaitEnd().text()).isEqualTo("ok");
      await("the connection's end", () -> session.maxRequests() == 0);
    }
  }

  @Test
  void aServerThatClosesAnIdleConnectionIsSeen() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.readHead();
              peer.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
            })) {
      HttpClientSession session = connect(server);
      Received received = new Received();
      session.send(HttpClientRequest.get("/"), received);
      assertThat(received.awaitEnd().text()).isEqualTo("ok");
      await("the connection's end", () -> session.maxRequests() == 0);
      Received late = new Received();
      session.send(HttpClientRequest.get("/"), late);
      assertThat(late.awaitFailure().kind()).isEqualTo(Kind.CLOSED);
      assertThat(late.failure.sent()).isFalse();
    }
  }

  @Test
  void anAnswerBeforeTheRequestIsWholeIsTaken() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.readHead();
              peer.write("HTTP/1.1 413 Too Large\r\ncontent-length: 3\r\n\r\nno!");
              peer.drain();
            })) {
      HttpClientSession session = connect(server);
      Received received = new Received();
      HttpClientCall call =
          session.send(HttpClientRequest.of("PUT", "/").streamed(1 << 20), received);
      call.body().write(Unpooled.copiedBuffer("begun", StandardCharsets.US_ASCII));
      assertThat(received.awaitEnd().head.status()).isEqualTo(413);
      assertThat(received.text()).isEqualTo("no!");
      assertThat(session.maxRequests()).isZero();
    }
  }

  @Test
  void aWholeResponseLargerThanItsBoundIsNotGathered() throws Exception {
    try (ScriptedServer server =
        ScriptedServer.answering("HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\n")) {
      HttpClientSession session = connect(server);
      Received received = new Received();
      session.send(HttpClientRequest.get("/").maxResponseSize(new ByteSize(1000)), received);
      assertThat(received.awaitFailure().kind()).isEqualTo(Kind.RESPONSE_TOO_LARGE);
      assertThat(received.head).isNull();
    }
  }
}
