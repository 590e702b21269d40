// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.Execution;
import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.EndpointHandler;
import dev.sluice.protocol.http.Endpoints;
import dev.sluice.protocol.http.client.HttpClient;
import dev.sluice.protocol.http.client.HttpClientCall;
import dev.sluice.protocol.http.client.HttpClientException;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientResponse;
import dev.sluice.transport.epoll.outbound.TargetFigures;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests by URI, those that a thread waits for, and what a request may not say. */
public abstract class RequestPromises extends ClientPromises {

  private static AnsweringApp app() {
    return new AnsweringApp()
        .on("/", call -> call.respond(RpcResponse.text("root")))
        .on("/a", call -> call.respond(RpcResponse.text("a")))
        .on("/missing", call -> call.respond(RpcResponse.of(404)));
  }

  @ParameterizedTest
  @CsvSource({
    "'/a',/a",
    "'/a?x=1&y=%20|',/a?x=1&y=%20|",
    "'/a?x#part',/a?x",
    "'',/",
    "'?x=1',/?x=1",
    "'#part',/"
  })
  void aUriSaysWhereAndWhat(String written, String asked) throws Exception {
    AnsweringApp app = app();
    try (HttpNode node = node(app);
        HttpClient client = client(node).build()) {
      URI uri = URI.create("HTTP://LocalHost:" + node.port() + written.replace("|", "%7C"));
      assertThat(get(client, HttpClientRequest.get(uri)).status()).isEqualTo(200);
      assertThat(app.last().target()).isEqualTo(asked.replace("|", "%7C"));
      assertThat(app.last().authority()).isEqualTo("localhost:" + node.port());
    }
  }

  @Test
  void aUriOfHttpsGoesUnderTls() throws Exception {
    AnsweringApp app = app();
    try (HttpNode node = node(app, true);
        HttpClient client = client(node).build()) {
      URI uri = URI.create("https://localhost:" + node.port() + "/a");
      assertThat(get(client, HttpClientRequest.get(uri)).text()).isEqualTo("a");
      assertThat(node.metrics().handshakes()).isNotEmpty();
    }
  }

  /** RFC 9113, section 8.3.1. */
  @Test
  void theOptionsOfAServerAreAskedForByAStar() {
    URI server = URI.create("http://example.org");
    assertThat(HttpClientRequest.of("OPTIONS", server).target()).isEqualTo("*");
    assertThat(HttpClientRequest.of("OPTIONS", server.resolve("/")).target()).isEqualTo("/");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://example.org/",
        "/a",
        "//example.org/a",
        "http:a",
        "http:///a",
        "http://:80/a",
        "http://user@example.org/",
        "http://user:secret@example.org/",
        "http://example.org:65536/",
        "http://example.org:0/",
        "http://ex\u00e4mple.org/",
        "http://example.org/\u00e4"
      })
  void noOtherUriIsTaken(String text) {
    assertThatThrownBy(() -> HttpClientRequest.get(URI.create(text)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("secret");
  }

  @Test
  void aPathAloneDoesNotSayWhere() throws Exception {
    try (HttpNode node = node(app());
        HttpClient client = client(node).build()) {
      assertThatThrownBy(() -> client.send(HttpClientRequest.get("/a")))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> client.sendAndWait(HttpClientRequest.get("/a")))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  // ---- waiting

  @Test
  void aThreadWaitsForItsResponse() throws Exception {
    try (HttpNode node = node(app());
        HttpClient client = client(node).build()) {
      assertThat(client.sendAndWait(HttpClientRequest.get(uri(node, "/a"))).text()).isEqualTo("a");
      HttpClientResponse missing = client.sendAndWait(HttpClientRequest.get(uri(node, "/missing")));
      assertThat(missing.status()).isEqualTo(404);
    }
  }

  @Test
  void aWorkerMayWait() throws Exception {
    AtomicReference<HttpClient> client = new AtomicReference<>();
    AtomicReference<HttpNode> itself = new AtomicReference<>();
    EndpointHandler asking =
        new EndpointHandler("asking", "/") {
          @Override
          public Execution execution() {
            return Execution.WORKERS;
          }

          @Override
          protected void endpoints(Endpoints to) {
            to.get("/inner", call -> call.respond(RpcResponse.text("inner")))
                .get(
                    "/outer",
                    call ->
                        call.respond(
                            RpcResponse.text(
                                client
                                    .get()
                                    .sendAndWait(HttpClientRequest.get(uri(itself.get(), "/inner")))
                                    .text())));
          }
        };
    try (HttpNode node = node(asking);
        HttpClient made = client(node).build()) {
      client.set(made);
      itself.set(node);
      assertThat(made.sendAndWait(HttpClientRequest.get(uri(node, "/outer"))).text())
          .isEqualTo("inner");
    }
  }

  @Test
  void anEventLoopMayNotWaitAndNothingIsSent() throws Exception {
    AnsweringApp app = app();
    try (HttpNode node = node(app);
        HttpClient client = client(node).build()) {
      CompletableFuture<Throwable> thrown = new CompletableFuture<>();
      HttpClientRequest second = HttpClientRequest.post(uri(node, "/a"), "body");
      client.send(
          HttpClientRequest.get(uri(node, "/a")),
          new Received() {
            @Override
            public void end(RpcHeaders fields) {
              super.end(fields);
              try {
                client.sendAndWait(second);
                thrown.complete(new AssertionError("it has waited"));
              } catch (Throwable e) {
                thrown.complete(e);
              }
            }
          });
      assertThat(thrown.get(20, TimeUnit.SECONDS))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("event loop");
      assertThat(second.takeBody().isReadable()).isFalse();
      assertThat(app.seen).hasSize(1);
    }
  }

  @Test
  void aThreadWaitsNoLongerThanTheDeadline() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app);
        HttpClient client = client(node).build()) {
      HttpClientRequest request =
          HttpClientRequest.get(uri(node, "/wait/x")).deadline(Duration.ofMillis(200));
      assertThatThrownBy(() -> client.sendAndWait(request))
          .isInstanceOfSatisfying(
              HttpClientException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TIMEOUT));
    }
  }

  @Test
  void anInterruptGivesTheCallUp() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app);
        HttpClient client = client(node).build()) {
      CompletableFuture<Throwable> thrown = new CompletableFuture<>();
      Thread waiting =
          new Thread(
              () -> {
                try {
                  client.sendAndWait(HttpClientRequest.get(uri(node, "/wait/x")));
                } catch (Throwable e) {
                  thrown.complete(e);
                }
              });
      waiting.start();
      RpcContext begun = app.nextBegun();
      waiting.interrupt();
      assertThat(thrown.get(20, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
      HttpNode.await("the server hears of it", begun::cancelled);
      waiting.join();
    }
  }

  @Test
  void aThreadThatWasInterruptedBeforeSendsNothing() throws Exception {
    AnsweringApp app = app();
    try (HttpNode node = node(app);
        HttpClient client = client(node).build()) {
      HttpClientRequest request = HttpClientRequest.post(uri(node, "/a"), "body");
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> client.sendAndWait(request))
          .isInstanceOf(InterruptedException.class);
      assertThat(Thread.interrupted()).isFalse();
      assertThat(request.takeBody().isReadable()).isFalse();
      assertThat(app.seen).isEmpty();
    }
  }

  @Test
  void whoWaitsHearsWhyThereIsNoResponse() throws Exception {
    int nobody;
    try (ServerSocket unused = new ServerSocket(0)) {
      nobody = unused.getLocalPort();
    }
    try (HttpNode node = node(app());
        HttpClient client = client(node).build()) {
      URI uri = URI.create("http://127.0.0.1:" + nobody + "/");
      assertThatThrownBy(() -> client.sendAndWait(HttpClientRequest.get(uri)))
          .satisfies(
              thrown -> {
                HttpClientException failure = HttpClientException.in(thrown).orElseThrow();
                assertThat(failure.kind()).isEqualTo(Kind.NOT_CONNECTED);
                assertThat(failure.getStackTrace())
                    .anyMatch(at -> at.getClassName().contains("RequestPromises"));
                assertThat(OutboundException.in(thrown)).isPresent();
              });
    }
  }

  @Test
  void aStreamedBodyCantBeWaitedFor() throws Exception {
    try (HttpNode node = node(app());
        HttpClient client = client(node).build()) {
      assertThatThrownBy(
              () -> client.sendAndWait(HttpClientRequest.of("PUT", uri(node, "/a")).streamed()))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  // ---- what an operator sees

  @Test
  void aClientsConnectionsAreCountedByTarget() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app);
        HttpClient client = client(node).idleTimeout(Duration.ofMillis(300)).build()) {
      String name = node.target().toString();
      Received received = new Received();
      client.send(HttpClientRequest.get(uri(node, "/wait/x")), received);
      RpcContext begun = app.nextBegun();
      TargetFigures figures = figures(node, name);
      assertThat(figures.open()).isEqualTo(1);
      assertThat(figures.pooled()).isEqualTo(1);
      assertThat(figures.requests()).isEqualTo(1);
      assertThat(figures.waiting()).isZero();
      begun.respond(RpcResponse.text("x"));
      received.awaitEnd();
      assertThat(figures(node, name).requests()).isZero();
      HttpNode.await("they are closed", () -> figures(node, name).pooled() == 0);
      HttpNode.await("the connection ends", () -> figures(node, name).open() == 0);
      assertThat(figures(node, name).attempts()).isEqualTo(1);
    }
  }

  private static TargetFigures figures(HttpNode node, String name) {
    return node.outbound().figures().stream()
        .filter(one -> one.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  // ---- what a request may not say

  @ParameterizedTest
  @ValueSource(strings = {"content-length", "Host", "Cookie", "authorization", "Trailer"})
  void noTrailerIsSentThatWouldNotBeTaken(String name) throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = node(app);
        HttpClient client = client(node).build()) {
      Received received = new Received();
      HttpClientCall call =
          client.send(HttpClientRequest.of("POST", uri(node, "/trailers")).streamed(), received);
      OutgoingFields wrong = new OutgoingFields().add("x-sum", "1").add(name, "1");
      assertThatThrownBy(() -> call.body().finish(wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(name);
      call.body().finish(new OutgoingFields().add("x-sum", "2"));
      assertThat(received.awaitEnd().text()).isEqualTo("2");
    }
  }
}
