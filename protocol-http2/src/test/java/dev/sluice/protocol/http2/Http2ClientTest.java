// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static dev.sluice.protocol.http1.HttpNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.ByteSize;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.outbound.OutboundTls;
import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.client.HttpClient;
import dev.sluice.protocol.http.client.HttpClientCall;
import dev.sluice.protocol.http.client.HttpClientException;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientResponse;
import dev.sluice.protocol.http.client.HttpClientSession;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Received;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests to a node over HTTP/2, on a connection that another part of it has opened. */
@Timeout(60)
@ResourceLock(HttpNode.LOG)
class Http2ClientTest {

  private static HttpClientSession connect(HttpNode node, OutboundOptions options)
      throws Exception {
    return node.session(node.target(), options, "HTTP2");
  }

  private static HttpClientSession connect(HttpNode node) throws Exception {
    return connect(node, OutboundOptions.plaintext());
  }

  private static HttpNode node(TestApp app) throws Exception {
    return RequestsTest.node(new Settings(), app);
  }

  private static HttpClientResponse get(HttpClientSession session, HttpClientRequest request)
      throws Exception {
    return session.send(request).toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  @Test
  void requestsShareAConnection() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app)) {
      HttpClientSession session = connect(node);
      Received slow = new Received();
      session.send(HttpClientRequest.get("/wait/slow"), slow);
      app.nextBegun();
      for (int i = 0; i < 100; i++) {
        HttpClientResponse response = get(session, HttpClientRequest.get("/say/" + i));
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.text()).isEqualTo("" + i);
        assertThat(response.head().protocol()).isEqualTo("HTTP/2");
        assertThat(response.headers().first("Content-Type")).contains("text/plain; charset=utf-8");
      }
      app.waiting.get("/wait/slow").respond(RpcResponse.text("slow"));
      assertThat(slow.awaitEnd().text()).isEqualTo("slow");
      assertThat(node.metrics().accepted()).isEqualTo(1);
    }
  }

  @Test
  void aThousandRequestsOnAHundredStreams() throws Exception {
    try (HttpNode node = node(new TestApp())) {
      HttpClientSession session = connect(node);
      await("the server's settings", () -> session.maxRequests() == 100);
      AtomicInteger begun = new AtomicInteger();
      CountDownLatch answered = new CountDownLatch(1000);
      List<String> wrong = new java.util.concurrent.CopyOnWriteArrayList<>();
      class Next extends Received {
        private final int n = begun.getAndIncrement();

        void send() {
          session.send(HttpClientRequest.get("/bytes/" + 10 * n), this);
        }

        @Override
        public void end(RpcHeaders fields) {
          super.end(fields);
          if (size() != 10 * n) {
            wrong.add(n + ": " + size());
          }
          over();
        }

        @Override
        public void failed(HttpClientException why) {
          wrong.add(n + ": " + why);
          over();
        }

        private void over() {
          if (begun.get() < 1000) {
            new Next().send();
          }
          answered.countDown();
        }
      }
      List<Next> first = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        first.add(new Next());
      }
      first.forEach(Next::send);
      assertThat(answered.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(wrong).isEmpty();
      assertThat(node.metrics().accepted()).isEqualTo(1);
    }
  }

  @Test
  void underTlsByAlpn() throws Exception {
    HttpNode.Options options = new Settings().options();
    options.protocol = new Http2Protocol();
    options.tls = true;
    try (HttpNode node = options.start(new TestApp())) {
      HttpClientSession session =
          connect(
              node,
              OutboundOptions.builder()
                  .tls(OutboundTls.builder().insecureNoVerification().build())
                  .build());
      assertThat(get(session, HttpClientRequest.get("/hello")).text()).isEqualTo("Hello, World!");
    }
  }

  @Test
  void oneOverTheServersLimitIsRefusedAndWasNotSent() throws Exception {
    Settings settings = new Settings();
    settings.maxStreams = 2;
    TestApp app = new TestApp();
    try (HttpNode node = RequestsTest.node(settings, app)) {
      HttpClientSession session = connect(node);
      await("the server's settings", () -> session.maxRequests() == 2);
      session.send(HttpClientRequest.get("/wait/1"), new Received());
      session.send(HttpClientRequest.get("/wait/2"), new Received());
      app.nextBegun();
      app.nextBegun();
      Received third = new Received();
      session.send(HttpClientRequest.get("/hello"), third);
      assertThat(third.awaitFailure().kind()).isEqualTo(Kind.LIMIT);
      assertThat(third.failure.sent()).isFalse();
    }
  }

  @Test
  void responsesWithoutABody() throws Exception {
    try (HttpNode node = node(new TestApp())) {
      HttpClientSession session = connect(node);
      HttpClientResponse head = get(session, HttpClientRequest.of("HEAD", "/hello"));
      assertThat(head.headers().first("content-length")).contains("13");
      assertThat(head.body()).isEmpty();
      assertThat(get(session, HttpClientRequest.get("/empty")).status()).isEqualTo(204);
      assertThat(get(session, HttpClientRequest.get("/unchanged")).status()).isEqualTo(304);
    }
  }

  @Test
  void wholeBodiesGoBothWays() throws Exception {
    try (HttpNode node = node(new TestApp())) {
      HttpClientSession session = connect(node);
      for (int bytes : new int[] {0, 1, 1000, 1024, 1025, 16_384, 16_385, 100_000, 1_000_000}) {
        byte[] expected = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
          expected[i] = TestApp.patternAt(i);
        }
        HttpClientResponse response =
            get(
                session,
                HttpClientRequest.of("POST", "/echo").body(Unpooled.wrappedBuffer(expected)));
        assertThat(response.body()).isEqualTo(expected);
      }
    }
  }

  @Test
  void bodiesAreStreamedBothWaysAtOnceAndTrailersFollow() throws Exception {
    try (HttpNode node = node(new TestApp())) {
      HttpClientSession session = connect(node);
      Received received = new Received();
      HttpClientCall call =
          session.send(HttpClientRequest.of("POST", "/stream").streamed(), received);
      for (int i = 0; i < 100; i++) {
        int sent = received.size();
        assertThat(call.body().write(ascii("part " + i + "\n"))).isTrue();
        await("the part back", () -> received.size() > sent);
      }
      call.body().finish();
      assertThat(call.body().write(ascii("late"))).isFalse();
      assertThat(received.awaitEnd().text()).startsWith("part 0\n").endsWith("part 99\n");

      assertThat(get(session, HttpClientRequest.get("/trailers")).trailers().first("x-sum"))
          .contains("42");
      Received answered = new Received();
      HttpClientCall withTrailers =
          session.send(HttpClientRequest.of("POST", "/trailers").streamed(), answered);
      withTrailers.body().write(ascii("body"));
      withTrailers.body().finish(new OutgoingFields().add("X-Sum", "43"));
      assertThat(answered.awaitEnd().text()).isEqualTo("43");
    }
  }

  /** The other thread has written first, and the loop does not overtake it. */
  @Test
  void partsOfTwoThreadsKeepTheOrderInWhichTheyWereWritten() throws Exception {
    try (HttpNode node = RequestsTest.node(new Settings(), new TestApp())) {
      HttpClientSession session = connect(node);
      Received received = new Received();
      HttpClientCall call =
          session.send(HttpClientRequest.of("POST", "/stream").streamed(), received);
      AtomicInteger told = new AtomicInteger();
      call.body()
          .onWritable(
              () -> {
                if (told.getAndIncrement() == 0) {
                  Thread other = new Thread(() -> call.body().write(ascii("first ")));
                  other.start();
                  try {
                    other.join();
                  } catch (InterruptedException e) {
                    throw new AssertionError(e);
                  }
                  call.body().write(ascii("second "));
                  call.body().write(ascii("third"));
                  call.body().finish();
                }
              });
      assertThat(received.awaitEnd().text()).isEqualTo("first second third");
    }
  }

  @Test
  void aBodyIsSentOnceThePeerSaysGoOn() throws Exception {
    try (HttpNode node = node(new TestApp())) {
      HttpClientSession session = connect(node);
      Received received = new Received();
      session.send(HttpClientRequest.of("POST", "/echo").body("wanted").expectContinue(), received);
      assertThat(received.awaitEnd().text()).isEqualTo("wanted");
      assertThat(received.interim).extracting(head -> head.status()).containsExactly(100);
      Received refused = new Received();
      session.send(
          HttpClientRequest.of("POST", "/nowhere/at/all").body("unwanted").expectContinue(),
          refused);
      assertThat(refused.awaitEnd().head.status()).isEqualTo(404);
      assertThat(get(session, HttpClientRequest.get("/hello")).status()).isEqualTo(200);
    }
  }

  @Test
  void aPausedResponseStopsItsStreamAloneAndLosesNothing() throws Exception {
    int size = 4 << 20;
    try (HttpNode node = node(new TestApp())) {
      HttpClientSession session = connect(node);
      CompletableFuture<HttpClientCall> call = new CompletableFuture<>();
      Received received =
          new Received() {
            @Override
            public void part(ByteBuf data) {
              super.part(data);
              if (parts.get() % 16 == 0) {
                call.join().pauseBody();
              }
            }
          };
      call.complete(session.send(HttpClientRequest.get("/bytes/" + size), received));
      call.join().pauseBody();
      int pauses = 0;
      while (!received.isOver()) {
        if (pauses % 10 == 0) {
          assertThat(get(session, HttpClientRequest.get("/hello")).status()).isEqualTo(200);
        }
        assertThat(node.inboundQueued()).isLessThan(1 << 20);
        int before = received.parts.get();
        call.join().resumeBody();
        pauses++;
        await("another pause", () -> received.parts.get() >= before + 16 || received.isOver());
      }
      byte[] bytes = received.awaitEnd().bytes();
      assertThat(bytes).hasSize(size);
      for (int i = 0; i < size; i++) {
        if (bytes[i] != TestApp.patternAt(i)) {
          throw new AssertionError("at " + i);
        }
      }
      assertThat(pauses).isGreaterThan(3);
    }
  }

  @Test
  void anUploadGoesAsFastAsItsReaderAndNoFaster() throws Exception {
    Settings settings = new Settings();
    settings.maxBody = 64 << 20;
    try (HttpNode node = RequestsTest.node(settings, new TestApp())) {
      HttpClientSession session = connect(node);
      Received received = new Received();
      HttpClientCall call =
          session.send(HttpClientRequest.of("POST", "/sink").streamed(32 << 20), received);
      AtomicLong left = new AtomicLong(32 << 20);
      AtomicInteger waits = new AtomicInteger();
      call.body()
          .onWritable(
              () -> {
                while (left.get() > 0 && call.body().isWritable()) {
                  call.body().write(Unpooled.wrappedBuffer(new byte[32 << 10]));
                  left.addAndGet(-(32 << 10));
                }
                waits.incrementAndGet();
                if (left.get() == 0) {
                  call.body().finish();
                }
              });
      assertThat(received.awaitEnd().text()).isEqualTo("" + (32 << 20));
      assertThat(waits.get()).isGreaterThan(10);
    }
  }

  @Test
  void aCallIsGivenUpAndTheOthersGoOn() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app)) {
      HttpClientSession session = connect(node);
      Received one = new Received();
      HttpClientCall call = session.send(HttpClientRequest.get("/wait/one"), one);
      app.nextBegun();
      Received two = new Received();
      session.send(HttpClientRequest.get("/wait/two"), two);
      var request = app.nextBegun();
      call.cancel();
      assertThat(one.awaitFailure().kind()).isEqualTo(Kind.CANCELLED);
      await("the server hears of it", () -> !app.cancelled.isEmpty());
      request.respond(RpcResponse.text("two"));
      assertThat(two.awaitEnd().text()).isEqualTo("two");
      assertThat(node.metrics().accepted()).isEqualTo(1);
    }
  }

  @Test
  void aResponseLargerThanWasAllowedForFailsItsCallAlone() throws Exception {
    try (HttpNode node = node(new TestApp())) {
      HttpClientSession session = connect(node);
      for (String target : new String[] {"/bytes/100001", "/say/" + "x".repeat(2000)}) {
        Received received = new Received();
        session.send(HttpClientRequest.get(target).maxResponseSize(new ByteSize(1999)), received);
        assertThat(received.awaitFailure().kind()).isEqualTo(Kind.RESPONSE_TOO_LARGE);
      }
      assertThat(get(session, HttpClientRequest.get("/hello")).status()).isEqualTo(200);
      assertThat(node.metrics().accepted()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aDrainLetsTheRequestsInHandEndAndTakesNoOther(boolean ofTheNode) throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app)) {
      HttpClientSession session = connect(node);
      Received received = new Received();
      session.send(HttpClientRequest.get("/wait/one"), received);
      var request = app.nextBegun();
      if (ofTheNode) {
        node.outbound().endpoint().drain(HttpNode.PATIENCE, Duration.ZERO);
      } else {
        session.shutdown();
      }
      await("no more are taken", () -> session.maxRequests() == 0);
      Received late = new Received();
      session.send(HttpClientRequest.get("/hello"), late);
      assertThat(late.awaitFailure().kind()).isEqualTo(Kind.CLOSED);
      request.respond(RpcResponse.text("still"));
      assertThat(received.awaitEnd().text()).isEqualTo("still");
      assertThat(node.outbound().endpoint().awaitNone(HttpNode.PATIENCE)).isTrue();
    }
  }

  @Test
  void aServerThatDrainsIsLeftWithoutLoss() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app);
        HttpClient client =
            HttpClient.builder(node.outbound().connector())
                .options(OutboundOptions.plaintext())
                .protocols("HTTP2")
                .build()) {
      OutboundTarget target = node.target();
      Received received = new Received();
      client.send(target, HttpClientRequest.get("/wait/one"), received);
      var request = app.nextBegun();
      node.server().endpoint().drain(HttpNode.PATIENCE, Duration.ofMillis(500));
      request.respond(RpcResponse.text("still"));
      assertThat(received.awaitEnd().text()).isEqualTo("still");
      await("the connection ends", () -> node.outbound().endpoint().unfinished() == 0);
    }
  }

  @Test
  void manyRequestsGoOverOneConnectionOfAPool() throws Exception {
    try (HttpNode node = node(new TestApp());
        HttpClient client =
            HttpClient.builder(node.outbound().connector())
                .options(OutboundOptions.plaintext())
                .protocols("HTTP2")
                .maxConnections(2)
                .maxWaiting(1000)
                .build()) {
      OutboundTarget target = node.target();
      List<Received> all = new ArrayList<>();
      for (int i = 0; i < 1000; i++) {
        Received received = new Received();
        client.send(target, HttpClientRequest.get("/say/" + i), received);
        all.add(received);
      }
      for (int i = 0; i < 1000; i++) {
        assertThat(all.get(i).awaitEnd().text()).isEqualTo("" + i);
      }
      assertThat(node.metrics().accepted()).isLessThanOrEqualTo(2);
    }
  }

  private static ByteBuf ascii(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }
}
