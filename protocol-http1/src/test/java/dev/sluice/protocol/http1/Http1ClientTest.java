// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static dev.sluice.protocol.http1.HttpNode.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.ByteSize;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTls;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.client.HttpClientCall;
import dev.sluice.protocol.http.client.HttpClientException;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientResponse;
import dev.sluice.protocol.http.client.HttpClientSession;
import dev.sluice.protocol.http.client.HttpClientSettings;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Requests to a node, over a connection that another part of it has opened. */
class Http1ClientTest extends SessionPromises {

  @Override
  protected CustomProtocolSubsystem version() {
    return new Http1Protocol();
  }

  @Test
  void requestsFollowEachOtherOnOneConnection() throws Exception {
    try (HttpNode node = HttpNode.serving(new TestApp())) {
      HttpClientSession session = connect(node);
      for (int i = 0; i < 100; i++) {
        HttpClientResponse response = get(session, HttpClientRequest.get("/say/" + i));
        assertThat(response.status()).isEqualTo(200);
        assertThat(response.text()).isEqualTo("" + i);
        assertThat(response.head().protocol()).isEqualTo("HTTP/1.1");
        assertThat(response.headers().first("content-type")).contains("text/plain; charset=utf-8");
      }
      assertThat(node.metrics().accepted()).isEqualTo(1);
    }
  }

  @Test
  void underTlsToo() throws Exception {
    HttpNode.Options options = new HttpNode.Options();
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
  void aReceiverMakesTheNextRequestFromWithinItsLastCall() throws Exception {
    try (HttpNode node = HttpNode.serving(new TestApp())) {
      HttpClientSession session = connect(node);
      AtomicInteger answered = new AtomicInteger();
      CountDownLatch done = new CountDownLatch(1);
      class Next extends Received {
        @Override
        public void end(RpcHeaders fields) {
          super.end(fields);
          if (answered.incrementAndGet() == 1000) {
            done.countDown();
          } else {
            session.send(HttpClientRequest.get("/hello"), new Next());
          }
        }

        @Override
        public void failed(HttpClientException why) {
          done.countDown();
        }
      }
      session.send(HttpClientRequest.get("/hello"), new Next());
      assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(answered).hasValue(1000);
      assertThat(node.metrics().accepted()).isEqualTo(1);
    }
  }

  @Test
  void theAuthorityIsWhomItWasConnectedToUnlessTheRequestOrItsConnectionSaysOtherwise()
      throws Exception {
    try (HttpNode node = HttpNode.serving(new TestApp())) {
      HttpClientSession session = connect(node);
      assertThat(get(session, HttpClientRequest.get("/target?q=1")).text())
          .isEqualTo("127.0.0.1:" + node.port() + "|/target|q=1");
      assertThat(get(session, HttpClientRequest.get("/target").authority("a.test")).text())
          .isEqualTo("a.test|/target|-");
      HttpClientSession named =
          connect(
              node,
              OutboundOptions.builder()
                  .plaintext()
                  .settings(HttpClientSettings.DEFAULTS.withAuthority("b.test:81"))
                  .build());
      assertThat(get(named, HttpClientRequest.get("/target")).text())
          .isEqualTo("b.test:81|/target|-");
    }
  }

  @Test
  void partsThatAreWrittenAsThereIsRoomKeepTheirOrder() throws Exception {
    int size = 16 << 20;
    Settings settings = new Settings();
    settings.maxBody = size;
    try (HttpNode node = settings.options().start(new TestApp())) {
      HttpClientSession session = connect(node);
      Received received = new Received();
      HttpClientCall call =
          session.send(HttpClientRequest.of("POST", "/stream").streamed(), received);
      AtomicInteger sent = new AtomicInteger();
      call.body()
          .onWritable(
              () -> {
                while (sent.get() < size && call.body().isWritable()) {
                  ByteBuf part = Unpooled.buffer(64 << 10);
                  for (int i = 0; i < 64 << 10; i++) {
                    part.writeByte(TestApp.patternAt(sent.get() + i));
                  }
                  call.body().write(part);
                  // Behind the write, so that one from within it would be seen.
                  sent.addAndGet(64 << 10);
                }
                if (sent.get() == size) {
                  call.body().finish();
                }
              });
      byte[] bytes = received.awaitEnd().bytes();
      assertThat(bytes).hasSize(size);
      for (int i = 0; i < size; i++) {
        if (bytes[i] != TestApp.patternAt(i)) {
          throw new AssertionError("at " + i);
        }
      }
    }
  }

  @Test
  void aBodyThatIsNotWantedIsNotSent() throws Exception {
    try (HttpNode node = HttpNode.serving(new TestApp())) {
      HttpClientSession session = connect(node);
      Received received = new Received();
      session.send(
          HttpClientRequest.of("POST", "/nowhere/at/all").body("unwanted").expectContinue(),
          received);
      assertThat(received.awaitEnd().head.status()).isEqualTo(404);
      await("the connection's end", () -> session.maxRequests() == 0);
    }
  }

  @Test
  void aPausedResponseHoldsThePeerBackAndLosesNothing() throws Exception {
    int size = 4 << 20;
    try (HttpNode node = HttpNode.serving(new TestApp())) {
      HttpClientSession session = connect(node);
      CompletableFuture<HttpClientCall> call = new CompletableFuture<>();
      Received received =
          new Received() {
            @Override
            public void part(ByteBuf data) {
              super.part(data);
              if (parts.get() % 8 == 0) {
                call.join().pauseBody();
              }
            }
          };
      call.complete(session.send(HttpClientRequest.get("/bytes/" + size), received));
      int pauses = 0;
      while (!received.isOver()) {
        call.join().resumeBody();
        pauses++;
        await("another pause", () -> received.parts.get() % 8 == 0 || received.isOver());
      }
      byte[] bytes = received.awaitEnd().bytes();
      assertThat(bytes).hasSize(size);
      for (int i = 0; i < size; i++) {
        if (bytes[i] != TestApp.patternAt(i)) {
          throw new AssertionError("at " + i);
        }
      }
      assertThat(pauses).isGreaterThan(3);
      assertThat(get(session, HttpClientRequest.get("/hello")).text()).isEqualTo("Hello, World!");
    }
  }

  @Test
  void aSecondRequestAtOnceIsRefusedAndWasNotSent() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = HttpNode.serving(app)) {
      HttpClientSession session = connect(node);
      Received first = new Received();
      session.send(HttpClientRequest.get("/wait/one"), first);
      app.nextBegun();
      Received second = new Received();
      session.send(HttpClientRequest.get("/hello"), second);
      HttpClientException failure = second.awaitFailure();
      assertThat(failure.kind()).isEqualTo(Kind.LIMIT);
      assertThat(failure.sent()).isFalse();
      assertThat(first.isOver()).isFalse();
    }
  }

  @Test
  void requestsArePipelinedWhereThatWasAskedFor() throws Exception {
    try (HttpNode node = HttpNode.serving(new TestApp())) {
      HttpClientSession session =
          connect(
              node,
              OutboundOptions.builder()
                  .plaintext()
                  .settings(HttpClientSettings.DEFAULTS.withMaxPipelined(8))
                  .build());
      assertThat(session.maxRequests()).isEqualTo(8);
      Received[] all = new Received[8];
      for (int i = 0; i < all.length; i++) {
        all[i] = new Received();
        session.send(HttpClientRequest.get("/say/" + i), all[i]);
      }
      for (int i = 0; i < all.length; i++) {
        assertThat(all[i].awaitEnd().text()).isEqualTo("" + i);
      }
    }
  }

  @Test
  void aPipelinedResponseWaitsForTheOneBeforeIt() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = HttpNode.serving(app)) {
      HttpClientSession session =
          connect(
              node,
              OutboundOptions.builder()
                  .plaintext()
                  .settings(HttpClientSettings.DEFAULTS.withMaxPipelined(2))
                  .build());
      Received slow = new Received();
      HttpClientCall call = session.send(HttpClientRequest.get("/wait/slow"), slow);
      call.pauseBody();
      Received behind = new Received();
      session.send(HttpClientRequest.get("/wait/behind"), behind);
      RpcContext first = app.nextBegun();
      // What was asked for before it, the pause too, has happened by now.
      RpcContext second = app.nextBegun();
      assertThat(first.respond(RpcResponse.text("slow"))).isTrue();
      assertThat(second.respond(RpcResponse.text("behind"))).isTrue();
      slow.awaitHead();
      assertThat(behind.head).isNull();
      call.resumeBody();
      assertThat(slow.awaitEnd().text()).isEqualTo("slow");
      assertThat(behind.awaitEnd().text()).isEqualTo("behind");
    }
  }

  @Test
  void aServerThatClosesBehindAResponseTakesNoMore() throws Exception {
    try (HttpNode node = HttpNode.serving(new TestApp())) {
      HttpClientSession session = connect(node);
      CountDownLatch told = new CountDownLatch(1);
      session.onChange(told::countDown);
      assertThat(get(session, HttpClientRequest.get("/close")).text()).isEqualTo("bye");
      assertThat(told.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(session.maxRequests()).isZero();
      assertThatThrownBy(() -> get(session, HttpClientRequest.get("/hello")))
          .isInstanceOf(ExecutionException.class)
          .cause()
          .isInstanceOfSatisfying(
              HttpClientException.class,
              failure -> {
                assertThat(failure.kind()).isEqualTo(Kind.CLOSED);
                assertThat(failure.sent()).isFalse();
              });
    }
  }

  @Test
  void aResponseLargerThanWasAllowedForFailsTheCall() throws Exception {
    try (HttpNode node = HttpNode.serving(new TestApp())) {
      for (String target : new String[] {"/bytes/100001", "/say/" + "x".repeat(2000)}) {
        Received received = new Received();
        HttpClientSession session = connect(node);
        session.send(HttpClientRequest.get(target).maxResponseSize(new ByteSize(1999)), received);
        HttpClientException failure = received.awaitFailure();
        assertThat(failure.kind()).isEqualTo(Kind.RESPONSE_TOO_LARGE);
        assertThat(received.size()).isLessThan(2000);
      }
      assertThatThrownBy(() -> get(connect(node), HttpClientRequest.get("/bytes/2000000")))
          .cause()
          .isInstanceOfSatisfying(
              HttpClientException.class,
              failure -> assertThat(failure.kind()).isEqualTo(Kind.RESPONSE_TOO_LARGE));
    }
  }

  @Test
  void aCallIsGivenUp() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = HttpNode.serving(app)) {
      HttpClientSession session = connect(node);
      Received received = new Received();
      HttpClientCall call = session.send(HttpClientRequest.get("/wait/one"), received);
      app.nextBegun();
      call.cancel();
      assertThat(received.awaitFailure().kind()).isEqualTo(Kind.CANCELLED);
      await("the server hears of it", () -> !app.cancelled.isEmpty());
    }
  }

  @Test
  void aReceiverThatFailsCostsItsCallAndTheConnection() throws Exception {
    try (HttpNode node = HttpNode.serving(new TestApp())) {
      HttpClientSession session = connect(node);
      Received received =
          new Received() {
            @Override
            public void part(ByteBuf data) {
              throw new IllegalStateException("as it should");
            }
          };
      session.send(HttpClientRequest.get("/hello"), received);
      HttpClientException failure = received.awaitFailure();
      assertThat(failure.kind()).isEqualTo(Kind.RECEIVER_FAILED);
      assertThat(failure).hasCauseInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void requestsThatCouldBeMistakenForOthersAreNotMade() {
    assertThatThrownBy(() -> HttpClientRequest.get("/a b"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> HttpClientRequest.get("/a\r\nx: y"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> HttpClientRequest.get("http://a/"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> HttpClientRequest.of("GET /", "/"))
        .isInstanceOf(IllegalArgumentException.class);
    for (String authority : new String[] {"a\r\nx: y", "user@a", "a:b:c", "a:70000", "[::1", ""}) {
      assertThatThrownBy(() -> HttpClientRequest.get("/").authority(authority))
          .isInstanceOf(IllegalArgumentException.class);
    }
    for (String name : new String[] {"Host", "content-length", "Transfer-Encoding", "a b", ""}) {
      assertThatThrownBy(() -> HttpClientRequest.get("/").header(name, "1"))
          .as(name)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
