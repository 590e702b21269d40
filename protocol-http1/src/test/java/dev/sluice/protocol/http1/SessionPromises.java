// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static dev.sluice.protocol.http1.HttpNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.client.HttpClientCall;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientResponse;
import dev.sluice.protocol.http.client.HttpClientSession;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.buffer.UnpooledHeapByteBuf;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What requests on one connection are promised, over whichever version. */
public abstract class SessionPromises extends ClientPromises {

  protected final HttpClientSession connect(HttpNode node, OutboundOptions options)
      throws Exception {
    return node.session(node.target(), options, version().name());
  }

  protected final HttpClientSession connect(HttpNode node) throws Exception {
    return connect(node, OutboundOptions.plaintext());
  }

  protected static HttpClientResponse get(HttpClientSession session, HttpClientRequest request)
      throws Exception {
    return session.send(request).toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  protected static ByteBuf ascii(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }

  @Test
  void wholeBodiesGoBothWays() throws Exception {
    try (HttpNode node = node(new TestApp())) {
      HttpClientSession session = connect(node);
      for (int bytes : new int[] {0, 1, 1000, 1024, 1025, 16_384, 16_385, 100_000, 1_000_000}) {
        ByteBuf body = Unpooled.buffer(bytes);
        for (int i = 0; i < bytes; i++) {
          body.writeByte(TestApp.patternAt(i));
        }
        byte[] expected = new byte[bytes];
        body.getBytes(0, expected);
        HttpClientResponse response =
            get(session, HttpClientRequest.of("POST", "/echo").body(body));
        assertThat(Arrays.mismatch(response.body(), expected))
            .as("where %s bytes of %s differ", response.body().length, bytes)
            .isEqualTo(-1);
      }
    }
  }

  @Test
  void bodiesAreStreamedBothWaysAtOnce() throws Exception {
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
      received.awaitEnd();
      assertThat(received.text()).startsWith("part 0\n").endsWith("part 99\n");
    }
  }

  /** The other thread has written first, and the loop does not overtake it. */
  @Test
  void partsOfTwoThreadsKeepTheOrderInWhichTheyWereWritten() throws Exception {
    try (HttpNode node = node(new TestApp())) {
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

  /** One of two threads that do not wait for each other: it is told, and its part is not sent. */
  @Test
  void aPartBehindTheEndEndsTheCall() throws Exception {
    try (HttpNode node = node(new TestApp())) {
      HttpClientSession session = connect(node);
      Received received = new Received();
      HttpClientCall call =
          session.send(HttpClientRequest.of("POST", "/wait/end").streamed(), received);
      ByteBuf late =
          new UnpooledHeapByteBuf(UnpooledByteBufAllocator.DEFAULT, 4, 4) {
            @Override
            public int readableBytes() {
              // Between the look at whether the body was finished and the part.
              call.body().finish();
              return super.readableBytes();
            }
          };
      late.writeInt(1);
      call.body().write(late);
      assertThat(received.awaitFailure().kind()).isEqualTo(Kind.RECEIVER_FAILED);
      assertThat(late.refCnt()).isZero();
    }
  }

  @Test
  void trailersGoBothWays() throws Exception {
    try (HttpNode node = node(new TestApp())) {
      HttpClientSession session = connect(node);
      assertThat(get(session, HttpClientRequest.get("/trailers")).trailers().first("x-sum"))
          .contains("42");
      Received received = new Received();
      HttpClientCall call =
          session.send(HttpClientRequest.of("POST", "/trailers").streamed(), received);
      call.body().write(ascii("body"));
      call.body().finish(new OutgoingFields().add("x-sum", "43"));
      assertThat(received.awaitEnd().text()).isEqualTo("43");
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
    }
  }

  @Test
  void aStageThatIsCancelledGivesItsCallUp() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app)) {
      HttpClientSession session = connect(node);
      var stage = session.send(HttpClientRequest.get("/wait/one")).toCompletableFuture();
      app.nextBegun();
      stage.cancel(false);
      await("the server hears of it", () -> !app.cancelled.isEmpty());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aDrainLetsTheRequestInHandEndAndTakesNoOther(boolean ofTheNode) throws Exception {
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
  void responsesWithoutABodyEndWithTheirHead() throws Exception {
    try (HttpNode node = node(new TestApp())) {
      HttpClientSession session = connect(node);
      HttpClientResponse head = get(session, HttpClientRequest.of("HEAD", "/hello"));
      assertThat(head.headers().first("content-length")).contains("13");
      assertThat(head.body()).isEmpty();
      assertThat(head.head().contentLength()).isZero();
      assertThat(get(session, HttpClientRequest.get("/empty")).status()).isEqualTo(204);
      assertThat(get(session, HttpClientRequest.get("/unchanged")).status()).isEqualTo(304);
      assertThat(get(session, HttpClientRequest.get("/hello")).text()).isEqualTo("Hello, World!");
      assertThat(node.metrics().accepted()).isEqualTo(1);
    }
  }

  @Test
  void aStreamedBodyUnlikeItsDeclaredLengthFailsTheCall() throws Exception {
    try (HttpNode node = node(new TestApp())) {
      for (String body : new String[] {"short", "far too long"}) {
        Received received = new Received();
        HttpClientCall call =
            connect(node).send(HttpClientRequest.of("POST", "/echo").streamed(8), received);
        call.body().write(ascii(body));
        call.body().finish();
        assertThat(received.awaitFailure().kind()).isEqualTo(Kind.RECEIVER_FAILED);
      }
    }
  }
}
