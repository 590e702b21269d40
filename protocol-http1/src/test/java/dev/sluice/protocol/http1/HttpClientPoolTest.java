// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static dev.sluice.protocol.http1.HttpNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.EndpointHandler;
import dev.sluice.protocol.http.Endpoints;
import dev.sluice.protocol.http.client.HttpClientCall;
import dev.sluice.protocol.http.client.HttpClientException;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientResponse;
import dev.sluice.protocol.http.client.HttpClientSettings;
import dev.sluice.protocol.http.client.HttpResponseHead;
import dev.sluice.protocol.http.client.HttpResponseReceiver;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Connections that are kept, shared out, waited for and given back. */
@Timeout(90)
class HttpClientPoolTest {

  private final TestApp app = new TestApp();
  private HttpNode node;
  private OutboundTarget self;

  @BeforeEach
  void startNode() throws Exception {
    node = HttpNode.serving(app);
    self = node.target();
  }

  @AfterEach
  void closeNode() {
    node.close();
  }

  private dev.sluice.protocol.http.client.HttpClient.Builder client() {
    return dev.sluice.protocol.http.client.HttpClient.builder(node.outbound().connector())
        .options(OutboundOptions.plaintext())
        .protocols("HTTP1");
  }

  private long open() {
    return node.outbound().endpoint().metrics().snapshot().open();
  }

  @Test
  void aConnectionIsKeptForTheNextRequest() throws Exception {
    try (var client = client().build()) {
      for (int i = 0; i < 20; i++) {
        HttpClientResponse response =
            client
                .send(self, HttpClientRequest.get("/say/" + i))
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS);
        assertThat(response.text()).isEqualTo("" + i);
      }
      assertThat(node.metrics().accepted()).isEqualTo(1);
    }
  }

  @Test
  void noMoreConnectionsAreOpenedThanMay() throws Exception {
    try (var client = client().maxConnections(3).build()) {
      List<Received> all = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        Received received = new Received();
        client.send(self, HttpClientRequest.get("/wait/" + i), received);
        all.add(received);
      }
      for (int i = 0; i < 10; i++) {
        RpcContext request = app.nextBegun();
        assertThat(open()).isLessThanOrEqualTo(3);
        request.respond(RpcResponse.text("done"));
      }
      for (Received received : all) {
        assertThat(received.awaitEnd().text()).isEqualTo("done");
      }
      assertThat(node.metrics().accepted()).isEqualTo(3);
    }
  }

  /** One connection takes several, but none behind a body that is not whole. */
  @Test
  void behindAnUploadAnotherConnectionIsOpened() throws Exception {
    try (var client =
        client()
            .settings(HttpClientSettings.DEFAULTS.withMaxPipelined(4))
            .maxConnections(2)
            .build()) {
      Received upload = new Received();
      HttpClientCall call =
          client.send(self, HttpClientRequest.of("POST", "/stream").streamed(), upload);
      await("the connection", () -> call.body().isWritable());
      List<Received> all = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        Received received = new Received();
        client.send(self, HttpClientRequest.get("/say/" + i), received);
        all.add(received);
      }
      for (int i = 0; i < 20; i++) {
        assertThat(all.get(i).awaitEnd().text()).isEqualTo("" + i);
      }
      call.body().write(Unpooled.copiedBuffer("up", StandardCharsets.US_ASCII));
      call.body().finish();
      assertThat(upload.awaitEnd().text()).isEqualTo("up");
      assertThat(node.metrics().accepted()).isEqualTo(2);
    }
  }

  @Test
  void whatWaitsBehindAnUploadGoesOnBehindIt() throws Exception {
    try (var client =
        client()
            .settings(HttpClientSettings.DEFAULTS.withMaxPipelined(4))
            .maxConnections(1)
            .build()) {
      Received upload = new Received();
      HttpClientCall call =
          client.send(self, HttpClientRequest.of("POST", "/stream").streamed(), upload);
      await("the connection", () -> call.body().isWritable());
      List<Received> all = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        Received received = new Received();
        client.send(self, HttpClientRequest.get("/say/" + i), received);
        all.add(received);
      }
      call.body().write(Unpooled.copiedBuffer("up", StandardCharsets.US_ASCII));
      call.body().finish();
      for (int i = 0; i < 6; i++) {
        assertThat(all.get(i).awaitEnd().text()).isEqualTo("" + i);
      }
      assertThat(upload.awaitEnd().text()).isEqualTo("up");
    }
  }

  @Test
  void noMoreRequestsWaitThanMay() throws Exception {
    try (var client = client().maxConnections(1).maxWaiting(2).build()) {
      Received[] all = new Received[4];
      for (int i = 0; i < all.length; i++) {
        all[i] = new Received();
        client.send(self, HttpClientRequest.get("/wait/" + i), all[i]);
        if (i == 0) {
          app.nextBegun().execute(() -> {});
        }
      }
      HttpClientException failure = all[3].awaitFailure();
      assertThat(failure.kind()).isEqualTo(Kind.LIMIT);
      assertThat(failure.sent()).isFalse();
      app.waiting.get("/wait/0").respond(RpcResponse.text("0"));
      app.nextBegun().respond(RpcResponse.text("1"));
      app.nextBegun().respond(RpcResponse.text("2"));
      for (int i = 0; i < 3; i++) {
        assertThat(all[i].awaitEnd().text()).isEqualTo("" + i);
      }
    }
  }

  @Test
  void noneWaitsLongerThanItMay() throws Exception {
    try (var client = client().maxConnections(1).waitTimeout(Duration.ofMillis(200)).build()) {
      Received first = new Received();
      client.send(self, HttpClientRequest.get("/wait/first"), first);
      RpcContext request = app.nextBegun();
      Received second = new Received();
      client.send(self, HttpClientRequest.get("/hello"), second);
      HttpClientException failure = second.awaitFailure();
      assertThat(failure.kind()).isEqualTo(Kind.TIMEOUT);
      assertThat(failure.sent()).isFalse();
      request.respond(RpcResponse.text("first"));
      assertThat(first.awaitEnd().text()).isEqualTo("first");
    }
  }

  @Test
  void aReceiverThatFailsKeepsNoOtherWaiting() throws Exception {
    try (var client = client().maxConnections(1).waitTimeout(Duration.ofMillis(200)).build()) {
      open(client);
      Received first = new Received();
      client.send(self, HttpClientRequest.get("/wait/first"), first);
      RpcContext request = app.nextBegun();
      Rude rude = new Rude();
      client.send(self, HttpClientRequest.get("/hello"), rude);
      Received second = new Received();
      client.send(self, HttpClientRequest.get("/hello"), second);

      assertThat(second.awaitFailure().kind()).isEqualTo(Kind.TIMEOUT);

      assertThat(rude.told).hasSize(1);
      request.respond(RpcResponse.text("first"));
      assertThat(first.awaitEnd().text()).isEqualTo("first");
    }
  }

  @Test
  void aReceiverThatFailsKeepsNoOtherFromItsOwnAttempt() throws Exception {
    OutboundTarget nobody;
    try (var unused = new java.net.ServerSocket(0)) {
      nobody = new OutboundTarget("127.0.0.1", unused.getLocalPort());
    }
    try (var client = client().maxConnections(1).waitTimeout(Duration.ofMinutes(5)).build()) {
      Rude rude = new Rude();
      for (int i = 0; i < 3; i++) {
        client.send(nobody, HttpClientRequest.get("/"), rude);
      }
      Received last = new Received();
      client.send(nobody, HttpClientRequest.get("/"), last);

      assertThat(last.awaitFailure().kind()).isEqualTo(Kind.NOT_CONNECTED);

      assertThat(rude.told).hasSize(3);
    }
  }

  @Test
  void aReceiverIsToldInItsCallersSurroundingsAndLeavesNoOthers() throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (var client = client().maxConnections(1).waitTimeout(Duration.ofMillis(200)).build();
        var own = new URLClassLoader(new URL[0])) {
      open(client);
      client.send(self, HttpClientRequest.get("/wait/first"), new Received());
      assertThat(app.nextBegun().cancelled()).isFalse();
      Rude waiting = new Rude();
      thread.setContextClassLoader(own);
      try {
        client.send(self, HttpClientRequest.get("/hello"), waiting);
      } finally {
        thread.setContextClassLoader(before);
      }
      await("it has waited too long", () -> waiting.told.size() == 1);

      assertThat(waiting.told).containsExactly(own);
      assertThat(
              GlobalEventExecutor.INSTANCE
                  .submit(() -> Thread.currentThread().getContextClassLoader() == Rude.FOREIGN)
                  .get(20, TimeUnit.SECONDS))
          .isFalse();
    }
  }

  /** It gets its place on the loop, behind another caller's. */
  @Test
  void aReceiverThatHasWaitedIsCalledInItsCallersSurroundings() throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    try (var client = client().maxConnections(1).build();
        var own = new URLClassLoader(new URL[0])) {
      client.send(self, HttpClientRequest.get("/wait/first"), new Received());
      RpcContext request = app.nextBegun();
      ClassLoader[] seen = new ClassLoader[1];
      Received late =
          new Received() {
            @Override
            public void head(HttpResponseHead head) {
              seen[0] = Thread.currentThread().getContextClassLoader();
              super.head(head);
            }
          };
      thread.setContextClassLoader(own);
      try {
        client.send(self, HttpClientRequest.get("/hello"), late);
      } finally {
        thread.setContextClassLoader(before);
      }
      request.respond(RpcResponse.text("first"));
      late.awaitEnd();
      assertThat(seen[0]).isSameAs(own);
    }
  }

  /** So that a short wait is not used up by the first connection of a cold JVM. */
  private void open(dev.sluice.protocol.http.client.HttpClient client) throws Exception {
    Received last;
    do {
      Received received = new Received();
      client.send(self, HttpClientRequest.get("/hello"), received);
      await("it is over", () -> received.failure != null || received.trailers != null);
      last = received;
    } while (last.failure != null);
  }

  /** Throws when it is told, and leaves a context class loader behind. */
  private static final class Rude implements HttpResponseReceiver {

    static final ClassLoader FOREIGN = new URLClassLoader(new URL[0]);

    /** The context class loader of each call. */
    final Queue<ClassLoader> told = new ConcurrentLinkedQueue<>();

    @Override
    public void head(HttpResponseHead head) {}

    @Override
    public void part(ByteBuf data) {}

    @Override
    public void end(RpcHeaders trailers) {}

    @Override
    public void failed(HttpClientException failure) {
      told.add(Thread.currentThread().getContextClassLoader());
      Thread.currentThread().setContextClassLoader(FOREIGN);
      throw new LinkageError("rude");
    }
  }

  @Test
  void theDeadlineCountsWhileARequestWaits() throws Exception {
    try (var client = client().maxConnections(1).build()) {
      client.send(self, HttpClientRequest.get("/wait/first"), new Received());
      app.nextBegun();
      Received second = new Received();
      client.send(self, HttpClientRequest.get("/hello").deadline(Duration.ofMillis(200)), second);
      assertThat(second.awaitFailure().kind()).isEqualTo(Kind.TIMEOUT);
      assertThat(second.failure).hasMessageContaining("deadline");
    }
  }

  @Test
  void aConnectionThatIsNotUsedIsClosed() throws Exception {
    try (var client = client().idleTimeout(Duration.ofMillis(300)).build()) {
      Received slow = new Received();
      client.send(self, HttpClientRequest.get("/wait/slow"), slow);
      RpcContext request = app.nextBegun();
      // Longer than the idle timeout: a request under way is not idle.
      Received other = new Received();
      client.send(self, HttpClientRequest.get("/hello"), other);
      other.awaitEnd();
      await("the idle one is closed", () -> open() == 1);
      request.respond(RpcResponse.text("slow"));
      assertThat(slow.awaitEnd().text()).isEqualTo("slow");
      await("that one too", () -> open() == 0);
      Received later = new Received();
      client.send(self, HttpClientRequest.get("/hello"), later);
      assertThat(later.awaitEnd().text()).isEqualTo("Hello, World!");
    }
  }

  @Test
  void aServerThatClosesBehindItsResponseGetsANewConnection() throws Exception {
    try (var client = client().maxConnections(1).build()) {
      for (int i = 0; i < 5; i++) {
        assertThat(
                client
                    .send(self, HttpClientRequest.get("/close"))
                    .toCompletableFuture()
                    .get(20, TimeUnit.SECONDS)
                    .text())
            .isEqualTo("bye");
      }
      assertThat(node.metrics().accepted()).isEqualTo(5);
    }
  }

  @Test
  void noConnectionIsTheErrorOfEachRequest() throws Exception {
    OutboundTarget nobody;
    try (var unused = new java.net.ServerSocket(0)) {
      nobody = new OutboundTarget("127.0.0.1", unused.getLocalPort());
    }
    try (var client = client().maxConnections(2).build()) {
      List<Received> all = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        Received received = new Received();
        client.send(nobody, HttpClientRequest.get("/"), received);
        all.add(received);
      }
      for (Received received : all) {
        HttpClientException failure = received.awaitFailure();
        assertThat(failure.kind()).isEqualTo(Kind.NOT_CONNECTED);
        assertThat(failure.sent()).isFalse();
        assertThat(OutboundException.in(failure))
            .get()
            .extracting(OutboundException::kind)
            .isEqualTo(OutboundException.Kind.REFUSED);
      }
    }
  }

  @Test
  void whatIsGivenUpWhileItWaitsIsNeverSent() throws Exception {
    try (var client = client().maxConnections(1).build()) {
      Received first = new Received();
      client.send(self, HttpClientRequest.get("/wait/first"), first);
      RpcContext request = app.nextBegun();
      Received second = new Received();
      HttpClientCall call = client.send(self, HttpClientRequest.get("/hello"), second);
      call.cancel();
      assertThat(second.awaitFailure().kind()).isEqualTo(Kind.CANCELLED);
      assertThat(second.failure.sent()).isFalse();
      request.respond(RpcResponse.text("first"));
      first.awaitEnd();
      assertThat(app.called).isEmpty();
    }
  }

  @Test
  void aBodyIsStreamedOverAConnectionThatIsNotThereYet() throws Exception {
    try (var client = client().build()) {
      Received received = new Received();
      HttpClientCall call =
          client.send(self, HttpClientRequest.of("POST", "/stream").streamed(), received);
      call.body().write(Unpooled.copiedBuffer("early ", StandardCharsets.US_ASCII));
      await("the connection", () -> call.body().isWritable());
      call.body().write(Unpooled.copiedBuffer("late", StandardCharsets.US_ASCII));
      call.body().finish();
      assertThat(received.awaitEnd().text()).isEqualTo("early late");
    }
  }

  @Test
  void aClosedClientTakesNoMoreAndFinishesWhatItHas() throws Exception {
    var client = client().maxConnections(1).build();
    Received first = new Received();
    client.send(self, HttpClientRequest.get("/wait/first"), first);
    RpcContext request = app.nextBegun();
    Received second = new Received();
    client.send(self, HttpClientRequest.get("/hello"), second);
    client.close();
    assertThat(second.awaitFailure().kind()).isEqualTo(Kind.CLOSED);
    Received third = new Received();
    client.send(self, HttpClientRequest.get("/hello"), third);
    assertThat(third.awaitFailure().kind()).isEqualTo(Kind.CLOSED);
    request.respond(RpcResponse.text("first"));
    assertThat(first.awaitEnd().text()).isEqualTo("first");
    await("its connection ends", () -> open() == 0);
  }

  /** Counts how often each request was carried out. */
  private static final class Counting extends EndpointHandler {
    private final AtomicIntegerArray carriedOut;

    Counting(AtomicIntegerArray carriedOut) {
      super("counting", "/count");
      this.carriedOut = carriedOut;
    }

    @Override
    protected void endpoints(Endpoints to) {
      to.post(
          "/count/{n}",
          call -> {
            int n = Integer.parseInt(call.parameter("n"));
            carriedOut.incrementAndGet(n);
            call.request()
                .receiveWhole(
                    body ->
                        call.respond(RpcResponse.text(body.toString(StandardCharsets.US_ASCII))));
          });
    }
  }

  @Test
  void aServerThatIsStartedAnewAnswersEachRequestOnceOrNotAtAll() throws Exception {
    int requests = 10_000;
    AtomicIntegerArray carriedOut = new AtomicIntegerArray(requests);
    AtomicInteger answered = new AtomicInteger();
    List<String> wrong = new java.util.concurrent.CopyOnWriteArrayList<>();
    Map<Kind, AtomicInteger> failures = new java.util.concurrent.ConcurrentHashMap<>();
    Semaphore underWay = new Semaphore(64);
    HttpNode server = HttpNode.serving(new Counting(carriedOut));
    int port = server.port();
    OutboundTarget target = server.target();
    try (var client = client().maxConnections(8).build()) {
      for (int i = 0; i < requests; i++) {
        int n = i;
        underWay.acquire();
        if (n == requests / 2) {
          // In the middle of up to 64 requests.
          server.close();
          HttpNode.Options again = new HttpNode.Options();
          again.port = port;
          server = again.start(new Counting(carriedOut));
        }
        client
            .send(target, HttpClientRequest.post("/count/" + n, "body of " + n))
            .whenComplete(
                (response, failure) -> {
                  HttpClientException why = HttpClientException.in(failure).orElse(null);
                  if (response != null && response.text().equals("body of " + n)) {
                    answered.incrementAndGet();
                    if (carriedOut.get(n) != 1) {
                      wrong.add(n + " was answered, and carried out " + carriedOut.get(n));
                    }
                  } else if (why == null) {
                    wrong.add(n + " " + (response == null ? failure : response.text()));
                  } else {
                    failures
                        .computeIfAbsent(why.kind(), k -> new AtomicInteger())
                        .incrementAndGet();
                    if (carriedOut.get(n) > (why.sent() ? 1 : 0)) {
                      wrong.add(n + " was carried out " + carriedOut.get(n) + ": " + why);
                    }
                  }
                  underWay.release();
                });
      }
      assertThat(underWay.tryAcquire(64, 60, TimeUnit.SECONDS)).isTrue();
      Map<Kind, Integer> seen = new HashMap<>();
      failures.forEach((kind, count) -> seen.put(kind, count.get()));
      assertThat(wrong).isEmpty();
      assertThat(answered.get() + seen.values().stream().mapToInt(i -> i).sum())
          .isEqualTo(requests);
      assertThat(answered.get()).as("answered, beside %s", seen).isGreaterThan(requests - 200);
      assertThat(seen.keySet()).isSubsetOf(Kind.CONNECTION_LOST, Kind.NOT_CONNECTED, Kind.CLOSED);
    } finally {
      server.close();
    }
  }
}
