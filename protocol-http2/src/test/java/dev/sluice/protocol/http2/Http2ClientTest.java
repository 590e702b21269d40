// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static dev.sluice.protocol.http1.HttpNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.ByteSize;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.outbound.OutboundTls;
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
import dev.sluice.protocol.http1.SessionPromises;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Requests to a node over HTTP/2, on a connection that another part of it has opened. */
class Http2ClientTest extends SessionPromises {

  @Override
  protected CustomProtocolSubsystem version() {
    return new Http2Protocol();
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
  void aBodyThatIsNotWantedIsNotSentAndTheConnectionStays() throws Exception {
    try (HttpNode node = node(new TestApp())) {
      HttpClientSession session = connect(node);
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
}
