// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.ByteSize;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.client.HttpClient;
import dev.sluice.protocol.http.client.HttpClientCall;
import dev.sluice.protocol.http.client.HttpClientException;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientResponse;
import dev.sluice.protocol.http.client.HttpResponseHead;
import dev.sluice.transport.epoll.outbound.TargetFigures;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Redirects: which are followed, with what, and how they end. */
public abstract class RedirectPromises extends ClientPromises {

  private static AnsweringApp app() {
    return new AnsweringApp().on("/end", call -> call.respond(RpcResponse.text("there")));
  }

  private static AnsweringApp.Answer to(int status, String location) {
    return call -> call.respond(RpcResponse.of(status).header("location", location).body("moved"));
  }

  private static ByteBuf body(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }

  @Test
  void noneIsFollowedUnlessAskedFor() throws Exception {
    AnsweringApp app = app().on("/a", to(302, "/end"));
    try (HttpNode node = node(app);
        HttpClient client = client(node).build()) {
      HttpClientResponse response = get(client, HttpClientRequest.get(uri(node, "/a")));
      assertThat(response.status()).isEqualTo(302);
      assertThat(response.text()).isEqualTo("moved");
      assertThat(response.redirectedTo()).isEmpty();
      assertThat(app.seen).hasSize(1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "301,GET,GET,false",
    "301,POST,GET,false",
    "302,POST,GET,false",
    "303,POST,GET,false",
    "301,PUT,PUT,true",
    "302,DELETE,DELETE,false",
    "302,PATCH,PATCH,true",
    "303,PUT,GET,false",
    "303,GET,GET,false",
    "307,POST,POST,true",
    "308,PUT,PUT,true"
  })
  void theNextRequestHasTheRightMethodAndBody(
      int status, String method, String then, boolean bodyAgain) throws Exception {
    AnsweringApp app = app().on("/a", to(status, "/end?q=1"));
    try (HttpNode node = node(app);
        HttpClient client = client(node).followRedirects(5).build()) {
      HttpClientRequest request =
          HttpClientRequest.of(method, uri(node, "/a")).header("x-own", "kept");
      ByteBuf body = body("the body");
      boolean withBody = !method.equals("GET") && !method.equals("DELETE");
      if (withBody) {
        request.header("content-type", "text/x-test").body(body.retain());
      }
      HttpClientResponse response = get(client, request);
      assertThat(response.text()).isEqualTo("there");
      assertThat(response.redirectedTo()).contains(uri(node, "/end?q=1"));
      AnsweringApp.Seen last = app.last();
      assertThat(last.method()).isEqualTo(then);
      assertThat(last.target()).isEqualTo("/end?q=1");
      assertThat(last.body()).isEqualTo(bodyAgain ? "the body" : "");
      assertThat(last.headers().first("content-type").isPresent()).isEqualTo(bodyAgain);
      assertThat(last.headers().first("x-own")).contains("kept");
      assertThat(app.seen).hasSize(2);
      HttpNode.await("the body is let go of", () -> body.refCnt() == 1);
      body.release();
    }
  }

  @Test
  void aHeadStaysOne() throws Exception {
    AnsweringApp app = app().on("/a", to(303, "/end"));
    try (HttpNode node = node(app);
        HttpClient client = client(node).followRedirects(5).build()) {
      get(client, HttpClientRequest.of("HEAD", uri(node, "/a")));
      assertThat(app.last().method()).isEqualTo("HEAD");
      assertThat(app.last().target()).isEqualTo("/end");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {300, 304, 305, 306})
  void othersAreResponses(int status) throws Exception {
    AnsweringApp app =
        app().on("/a", call -> call.respond(RpcResponse.of(status).header("location", "/end")));
    try (HttpNode node = node(app);
        HttpClient client = client(node).followRedirects(5).build()) {
      assertThat(get(client, HttpClientRequest.get(uri(node, "/a"))).status()).isEqualTo(status);
    }
  }

  @Test
  void loopsEnd() throws Exception {
    AnsweringApp app = app().on("/a", to(302, "/b")).on("/b", to(302, "/a"));
    try (HttpNode node = node(app);
        HttpClient client = client(node).followRedirects(7).build()) {
      HttpClientResponse last = get(client, HttpClientRequest.get(uri(node, "/a")));
      assertThat(last.status()).isEqualTo(302);
      assertThat(last.text()).isEqualTo("moved");
      assertThat(last.redirectedTo()).contains(uri(node, "/b"));
      assertThat(app.seen).hasSize(8);
    }
  }

  @Test
  void credentialsStayWithinTheirOriginAndDoNotComeBack() throws Exception {
    AnsweringApp app = app();
    try (HttpNode node = node(app);
        HttpClient client = client(node).followRedirects(5).build()) {
      String other = "http://localhost:" + node.port();
      app.on("/a", to(302, "/b"))
          .on("/b", to(307, other + "/c"))
          .on("/c", to(307, "/d"))
          .on("/d", to(307, "http://127.0.0.1:" + node.port() + "/end"));
      HttpClientRequest request =
          HttpClientRequest.get(uri(node, "/a"))
              .header("Authorization", "Basic c2VjcmV0")
              .header("cookie", "a=b")
              .header("Proxy-Authorization", "Basic c2VjcmV0")
              .header("x-other", "stays");
      assertThat(get(client, request).text()).isEqualTo("there");
      assertThat(app.seen).hasSize(5);
      for (int i = 0; i < 5; i++) {
        AnsweringApp.Seen seen = app.seen.get(i);
        boolean there = i < 2;
        for (String name : new String[] {"authorization", "cookie", "proxy-authorization"}) {
          assertThat(seen.headers().first(name).isPresent()).as("%s", seen).isEqualTo(there);
        }
        assertThat(seen.headers().first("x-other")).contains("stays");
      }
      assertThat(app.seen.get(2).authority()).isEqualTo("localhost:" + node.port());
      assertThat(app.last().authority()).isEqualTo("127.0.0.1:" + node.port());
      // Where a server sends its clients has no figures of its own.
      assertThat(node.outbound().figures())
          .extracting(TargetFigures::name)
          .containsExactly(node.target().toString(), "other");
    }
  }

  @Test
  void aRequestToATargetStaysThereWithinItsAuthority() throws Exception {
    AnsweringApp app = app().on("/a", to(302, "http://a.test/b")).on("/b", to(302, "end"));
    try (HttpNode node = node(app);
        HttpClient client =
            client(node)
                .options(dev.sluice.api.outbound.OutboundOptions.plaintext())
                .followRedirects(5)
                .build()) {
      HttpClientRequest request = HttpClientRequest.get("/a").authority("a.test");
      assertThat(
              client
                  .send(node.target(), request)
                  .toCompletableFuture()
                  .get(20, TimeUnit.SECONDS)
                  .text())
          .isEqualTo("there");
      assertThat(app.last().authority()).isEqualTo("a.test");
      assertThat(node.metrics().accepted()).isEqualTo(1);
    }
  }

  @Test
  void plaintextIsNotWhereTlsLeadsToUnlessAskedFor() throws Exception {
    AnsweringApp app = app();
    try (HttpNode plain = node(app);
        HttpNode secure = node(app, true)) {
      app.on("/down", to(302, uri(plain, "/end").toString()))
          .on("/up", to(302, "https://localhost:" + secure.port() + "/end"));
      URI down = URI.create("https://localhost:" + secure.port() + "/down");
      try (HttpClient client = client(plain).followRedirects(5).build()) {
        assertThat(get(client, HttpClientRequest.get(down)).status()).isEqualTo(302);
        assertThat(get(client, HttpClientRequest.get(uri(plain, "/up"))).text()).isEqualTo("there");
      }
      try (HttpClient client = client(plain).followRedirects(5).redirectsToPlaintext().build()) {
        assertThat(get(client, HttpClientRequest.get(down)).text()).isEqualTo("there");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "end,/x/end",
    "./end,/x/end",
    "../end,/end",
    "../../../end,/end",
    "y/../end?q,/x/end?q",
    "?q=1,/x/a?q=1",
    "//127.0.0.1:PORT/end,/end",
    "/end#part,/end",
    "'/end?a b',/end?a%20b",
    "'/end?\u00c3\u00a4',/end?%C3%A4",
    "/end?100%,/end?100%25",
    "HTTP://127.0.0.1:PORT/end,/end"
  })
  void aReferenceIsFollowedFromWhereItStands(String location, String target) throws Exception {
    AnsweringApp app = app();
    try (HttpNode node = node(app);
        HttpClient client = client(node).followRedirects(1).build()) {
      app.on("/x/a", to(302, location.replace("PORT", "" + node.port())))
          .on("/x/end", call -> call.respond(RpcResponse.text("there")));
      HttpClientResponse response = get(client, HttpClientRequest.get(uri(node, "/x/a?old")));
      assertThat(app.last().target()).isEqualTo(target);
      assertThat(response.redirectedTo()).contains(uri(node, target));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://user:secret@127.0.0.1/",
        "ftp://127.0.0.1/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http:///",
        "http://127.0.0.1:99999/",
        "http://a b/",
        ""
      })
  void whatLeadsNowhereIsTheResponse(String location) throws Exception {
    AnsweringApp app = app().on("/a", to(302, location));
    try (HttpNode node = node(app);
        HttpClient client = client(node).followRedirects(5).build()) {
      assertThat(get(client, HttpClientRequest.get(uri(node, "/a"))).status()).isEqualTo(302);
    }
  }

  @Test
  void twoLocationsAreNone() throws Exception {
    AnsweringApp app =
        app()
            .on(
                "/a",
                call ->
                    call.respond(
                        RpcResponse.of(302).header("location", "/end").header("location", "/b")));
    try (HttpNode node = node(app);
        HttpClient client = client(node).followRedirects(5).build()) {
      assertThat(get(client, HttpClientRequest.get(uri(node, "/a"))).status()).isEqualTo(302);
    }
  }

  @Test
  void aStreamedBodyIsNotSentTwice() throws Exception {
    AnsweringApp app = app().on("/same", to(307, "/end")).on("/other", to(303, "/end"));
    try (HttpNode node = node(app);
        HttpClient client = client(node).followRedirects(5).build()) {
      Received same = new Received();
      HttpClientCall call =
          client.send(HttpClientRequest.of("POST", uri(node, "/same")).streamed(), same);
      call.body().write(body("once"));
      call.body().finish();
      same.awaitEnd();
      assertThat(same.head.status()).isEqualTo(307);
      Received other = new Received();
      call = client.send(HttpClientRequest.of("POST", uri(node, "/other")).streamed(), other);
      call.body().write(body("once"));
      call.body().finish();
      assertThat(other.awaitEnd().text()).isEqualTo("there");
      assertThat(call.body().write(body("late"))).isFalse();
    }
  }

  @Test
  void oneDeadlineIsForAll() throws Exception {
    BlockingQueue<RpcContext> waiting = new LinkedBlockingQueue<>();
    AnsweringApp app = app().on("/a", to(302, "/b")).on("/b", waiting::add);
    try (HttpNode node = node(app);
        HttpClient client = client(node).followRedirects(5).build()) {
      Received received = new Received();
      client.send(
          HttpClientRequest.get(uri(node, "/a")).deadline(Duration.ofMillis(500)), received);
      assertThat(received.awaitFailure().kind()).isEqualTo(Kind.TIMEOUT);
      assertThat(received.failure.sent()).isTrue();
    }
  }

  @Test
  void theDeadlineEndsARedirectThatDoesNotEnd() throws Exception {
    AnsweringApp app =
        app()
            .on(
                "/a",
                call -> {
                  var answer =
                      call.respondStreaming(RpcResponse.of(302).header("location", "/end"));
                  boolean unused = answer.write(body("mov"));
                });
    try (HttpNode node = node(app);
        HttpClient client = client(node).followRedirects(5).build()) {
      Received received = new Received();
      client.send(
          HttpClientRequest.get(uri(node, "/a")).deadline(Duration.ofMillis(300)), received);
      assertThat(received.awaitFailure().kind()).isEqualTo(Kind.TIMEOUT);
      assertThat(app.seen).hasSize(1);
    }
  }

  @Test
  void aLongBodyOfARedirectIsNotReadToItsEnd() throws Exception {
    byte[] long1 = new byte[1 << 20];
    AnsweringApp app =
        app()
            .on(
                "/a",
                call ->
                    call.respond(
                        RpcResponse.of(302)
                            .header("location", "/b")
                            .body(Unpooled.wrappedBuffer(long1))))
            .on(
                "/b",
                call -> {
                  var answer =
                      call.respondStreaming(RpcResponse.of(302).header("location", "/end"));
                  boolean unused = answer.write(Unpooled.wrappedBuffer(long1));
                });
    try (HttpNode node = node(app);
        HttpClient client = client(node).followRedirects(5).build()) {
      HttpClientRequest request = HttpClientRequest.get(uri(node, "/a"));
      assertThat(get(client, request.maxResponseSize(new ByteSize(10))).text()).isEqualTo("there");
    }
  }

  /** The receiver stops what it hears, and a redirect's body is nothing to it. */
  @Test
  void aCallerThatHasPausedStillGetsThere() throws Exception {
    AnsweringApp app = app().on("/a", to(302, "/end"));
    try (HttpNode node = node(app);
        HttpClient client = client(node).followRedirects(5).build()) {
      Received received = new Received();
      HttpClientCall call = client.send(HttpClientRequest.get(uri(node, "/a")), received);
      call.pauseBody();
      received.awaitHead();
      assertThat(received.head.status()).isEqualTo(200);
      assertThat(received.isOver()).isFalse();
      call.resumeBody();
      assertThat(received.awaitEnd().text()).isEqualTo("there");
    }
  }

  @Test
  void aCallIsGivenUpOnItsWay() throws Exception {
    BlockingQueue<RpcContext> waiting = new LinkedBlockingQueue<>();
    AnsweringApp app = app().on("/a", to(307, "/b")).on("/b", waiting::add);
    try (HttpNode node = node(app);
        HttpClient client = client(node).followRedirects(5).build()) {
      ByteBuf body = body("the body");
      Received received = new Received();
      HttpClientCall call =
          client.send(HttpClientRequest.of("POST", uri(node, "/a")).body(body.retain()), received);
      RpcContext second = waiting.poll(20, TimeUnit.SECONDS);
      call.cancel();
      assertThat(received.awaitFailure().kind()).isEqualTo(Kind.CANCELLED);
      HttpNode.await("the server hears of it", second::cancelled);
      HttpNode.await("the body is let go of", () -> body.refCnt() == 1);
      body.release();
    }
  }

  @Test
  void aCallIsGivenUpFromWithinARedirect() throws Exception {
    AnsweringApp app = app().on("/a", to(302, "/end"));
    try (HttpNode node = node(app);
        HttpClient client = client(node).followRedirects(5).build()) {
      HttpClientCall[] call = new HttpClientCall[1];
      Received received =
          new Received() {
            @Override
            public void redirected(HttpResponseHead head, URI to) {
              HttpNode.await("the call", () -> call[0] != null);
              call[0].cancel();
            }
          };
      call[0] = client.send(HttpClientRequest.get(uri(node, "/a")), received);
      assertThat(received.awaitFailure().kind()).isEqualTo(Kind.CANCELLED);
      assertThat(app.seen).hasSize(1);
    }
  }

  @Test
  void whereItLeadsMayNotBeThere() throws Exception {
    int nobody;
    try (ServerSocket unused = new ServerSocket(0)) {
      nobody = unused.getLocalPort();
    }
    AnsweringApp app = app().on("/a", to(303, "http://127.0.0.1:" + nobody + "/"));
    try (HttpNode node = node(app);
        HttpClient client = client(node).followRedirects(5).build()) {
      Received received = new Received();
      client.send(HttpClientRequest.post(uri(node, "/a"), "carried out"), received);
      HttpClientException failure = received.awaitFailure();
      assertThat(failure.kind()).isEqualTo(Kind.NOT_CONNECTED);
      // The first request was: it can't just be sent again.
      assertThat(failure.sent()).isTrue();
    }
  }
}
