// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static dev.sluice.protocol.http1.HttpNode.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.protocol.http.client.HttpClientCall;
import dev.sluice.protocol.http.client.HttpClientException;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientSession;
import dev.sluice.protocol.http.client.HttpClientSettings;
import dev.sluice.protocol.http.client.HttpResponseHead;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a server sends beside its answers is the answer to nobody's request. */
@Timeout(60)
class UnaskedBytesTest {

  private static final String OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
  private static final String EVIL = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nEVIL";

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

  private Long counted() {
    return node.outbound().endpoint().metrics().snapshot().counters().get("unasked_response");
  }

  /** The first connection of a server gives such an answer, the others that to their requests. */
  private static ScriptedServer answeringFirst(String answer) throws Exception {
    AtomicInteger connections = new AtomicInteger();
    return new ScriptedServer(
        peer -> {
          boolean first = connections.incrementAndGet() == 1;
          String head;
          while ((head = peer.readHead()) != null) {
            String path = head.split(" ", 3)[1];
            peer.write(
                first
                    ? answer
                    : "HTTP/1.1 200 OK\r\ncontent-length: " + path.length() + "\r\n\r\n" + path);
          }
        });
  }

  private List<Received> sendInTurn(ScriptedServer server, HttpClientRequest... requests)
      throws Exception {
    try (var client =
        dev.sluice.protocol.http.client.HttpClient.builder(node.outbound().connector())
            .options(OutboundOptions.plaintext())
            .protocols("HTTP1")
            .maxConnections(1)
            .build()) {
      List<Received> all = new ArrayList<>();
      for (HttpClientRequest request : requests) {
        Received received = new Received();
        client.send(server.target(), request, received);
        all.add(received);
      }
      for (Received received : all) {
        received.awaitEnd();
      }
      return all;
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {EVIL, "EVIL", "\r\n"})
  void bytesBehindAnAnswerReachNoCallThatWaits(String more) throws Exception {
    try (ScriptedServer server = answeringFirst(OK + more)) {
      List<Received> all =
          sendInTurn(
              server,
              HttpClientRequest.get("/first"),
              HttpClientRequest.get("/second"),
              HttpClientRequest.get("/third"));
      assertThat(all).extracting(Received::text).containsExactly("ok", "/second", "/third");
      assertThat(server.accepted()).isEqualTo(2);
      assertThat(counted()).isEqualTo(1);
    }
  }

  /** A pass of reading ends where a buffer is full. */
  @ParameterizedTest
  @ValueSource(ints = {512, 1024, 2048, 4096, 8192, 16384, 32768})
  void bytesBehindAnAnswerThatFillsAReadBufferReachNoCallThatWaits(int length) throws Exception {
    try (ScriptedServer server = answeringFirst(ofLength(length) + EVIL)) {
      List<Received> all =
          sendInTurn(
              server,
              HttpClientRequest.get("/first"),
              HttpClientRequest.get("/second"),
              HttpClientRequest.get("/third"));
      assertThat(all.get(1).text()).isEqualTo("/second");
      assertThat(all.get(2).text()).isEqualTo("/third");
      assertThat(server.accepted()).isEqualTo(2);
      assertThat(counted()).isEqualTo(1);
    }
  }

  /** Nor a call that is begun by whoever hears of the answer, without a pool between. */
  @ParameterizedTest
  @ValueSource(ints = {512, 1024, 2048, 4096, 8192, 16384, 32768})
  void bytesBehindAnAnswerThatFillsAReadBufferReachNoCallThatFollows(int length) throws Exception {
    try (ScriptedServer server = answeringFirst(ofLength(length) + EVIL)) {
      HttpClientSession session = connect(server, HttpClientSettings.DEFAULTS);
      Received second = new Received();
      Received first =
          new Received() {
            @Override
            public void end(dev.sluice.api.rpc.RpcHeaders fields) {
              super.end(fields);
              session.send(HttpClientRequest.get("/second"), second);
            }
          };
      session.send(HttpClientRequest.get("/first"), first);
      first.awaitEnd();
      HttpClientException failure = second.awaitFailure();
      assertThat(failure.kind()).isEqualTo(HttpClientException.Kind.CLOSED);
      assertThat(failure.sent()).isFalse();
      assertThat(counted()).isEqualTo(1);
    }
  }

  /** An answer of so many bytes, with its head. */
  private static String ofLength(int length) {
    int body = length;
    String head;
    do {
      body--;
      head = "HTTP/1.1 200 OK\r\ncontent-length: " + body + "\r\n\r\n";
    } while (head.length() + body > length);
    assertThat(head.length() + body).isEqualTo(length);
    return head + "g".repeat(body);
  }

  @ParameterizedTest
  @ValueSource(ints = {200, 204, 304})
  void aBodyWhereNoneCanBeReachesNoCallThatWaits(int status) throws Exception {
    String head = "HTTP/1.1 " + status + " X\r\n\r\n";
    try (ScriptedServer server = answeringFirst(head + EVIL)) {
      List<Received> all =
          sendInTurn(
              server, HttpClientRequest.of("HEAD", "/first"), HttpClientRequest.get("/second"));
      assertThat(all).extracting(Received::text).containsExactly("", "/second");
      assertThat(counted()).isEqualTo(1);
    }
  }

  @Test
  void aServerThatTalksOnAnIdleConnectionHasItClosed() throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.readHead();
              peer.write(OK);
              told.await();
              peer.write(EVIL);
              peer.drain();
            })) {
      HttpClientSession session = connect(server, HttpClientSettings.DEFAULTS);
      Received received = new Received();
      session.send(HttpClientRequest.get("/"), received);
      assertThat(received.awaitEnd().text()).isEqualTo("ok");
      assertThat(session.maxRequests()).isEqualTo(1);
      told.countDown();
      await("the connection's end", () -> session.maxRequests() == 0);
      assertThat(counted()).isEqualTo(1);
    }
  }

  @Test
  void bytesBehindAnAnswerThatItsCallerHasStoppedAreSeen() throws Exception {
    CountDownLatch stopped = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.readHead();
              peer.write(OK);
              stopped.await();
              peer.write(EVIL);
              peer.drain();
            })) {
      CompletableFuture<HttpClientCall> call = new CompletableFuture<>();
      Received received =
          new Received() {
            @Override
            public void head(HttpResponseHead arrived) {
              super.head(arrived);
              call.join().pauseBody();
              stopped.countDown();
            }
          };
      HttpClientSession session = connect(server, HttpClientSettings.DEFAULTS);
      call.complete(session.send(HttpClientRequest.get("/"), received));
      await("the connection's end", () -> session.maxRequests() == 0);
      assertThat(counted()).isEqualTo(1);
      assertThat(received.isOver()).isFalse();
      call.join().resumeBody();
      assertThat(received.awaitEnd().text()).isEqualTo("ok");
    }
  }

  /** It is begun by the receiver of the first answer, when the second has come already. */
  @Test
  void anAnswerThatCameBeforeItsRequestIsNone() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.readHead();
              peer.readHead();
              peer.write(OK + OK + EVIL);
              peer.drain();
            })) {
      HttpClientSession session = connect(server, HttpClientSettings.DEFAULTS.withMaxPipelined(2));
      Received late = new Received();
      Received first =
          new Received() {
            @Override
            public void end(dev.sluice.api.rpc.RpcHeaders fields) {
              super.end(fields);
              session.send(HttpClientRequest.get("/late"), late);
            }
          };
      Received second = new Received();
      session.send(HttpClientRequest.get("/"), first);
      session.send(HttpClientRequest.get("/"), second);
      assertThat(first.awaitEnd().text()).isEqualTo("ok");
      assertThat(second.awaitEnd().text()).isEqualTo("ok");
      late.awaitFailure();
      assertThat(late.head).isNull();
      assertThat(counted()).isEqualTo(1);
    }
  }
}
