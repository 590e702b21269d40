// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.protocol.http.client.HttpClient;
import dev.sluice.protocol.http.client.HttpClientCall;
import dev.sluice.protocol.http.client.HttpClientException;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientSession;
import io.netty.buffer.Unpooled;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests whose connection fails them: which are sent again, where to, and which never are. */
@Timeout(60)
class RepeatedRequestsTest {

  private static final String OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

  private final Queue<String> seen = new ConcurrentLinkedQueue<>();
  private HttpNode node;

  @BeforeEach
  void startNode() throws Exception {
    node = HttpNode.serving(new TestApp());
  }

  @AfterEach
  void closeNode() {
    node.close();
  }

  private HttpClient client(int connections) {
    return HttpClient.builder(node.outbound().connector())
        .options(OutboundOptions.plaintext())
        .protocols("HTTP1")
        .maxConnections(connections)
        .build();
  }

  private Received send(HttpClient client, OutboundTarget target, HttpClientRequest request) {
    Received received = new Received();
    client.send(target, request, received);
    return received;
  }

  /** Its first connections answer once, and break off at their second request. */
  private ScriptedServer ending(int connections, String lastWords) throws Exception {
    AtomicInteger accepted = new AtomicInteger();
    return new ScriptedServer(
        peer -> {
          boolean ends = accepted.incrementAndGet() <= connections;
          String head;
          for (int i = 0; (head = peer.readHead()) != null; i++) {
            seen.add(head.substring(0, head.indexOf(" HTTP")));
            if (ends && i == 1) {
              peer.write(lastWords);
              return;
            }
            peer.write(OK);
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "HEAD", "OPTIONS", "DELETE"})
  void whatAKeptConnectionLostGoesOverAFreshOne(String method) throws Exception {
    try (ScriptedServer server = ending(1, "");
        HttpClient client = client(1)) {
      send(client, server.target(), HttpClientRequest.get("/1")).awaitEnd();
      Received second = send(client, server.target(), HttpClientRequest.of(method, "/2"));
      if (method.equals("HEAD")) {
        assertThat(second.await().head.status()).isEqualTo(200);
      } else {
        assertThat(second.awaitEnd().text()).isEqualTo("ok");
      }
      assertThat(seen).containsExactly("GET /1", method + " /2", method + " /2");
    }
  }

  /** Two are kept, and both have ended: the one that is left is not tried. */
  @Test
  void itDoesNotGoOverAnotherKeptOne() throws Exception {
    CountDownLatch both = new CountDownLatch(2);
    AtomicInteger accepted = new AtomicInteger();
    try (ScriptedServer server =
            new ScriptedServer(
                peer -> {
                  boolean ends = accepted.incrementAndGet() <= 2;
                  for (int i = 0; peer.readHead() != null; i++) {
                    if (ends && i == 1) {
                      return;
                    }
                    both.countDown();
                    both.await();
                    peer.write(OK);
                  }
                });
        HttpClient client = client(2)) {
      Received one = send(client, server.target(), HttpClientRequest.get("/1"));
      Received other = send(client, server.target(), HttpClientRequest.get("/2"));
      one.awaitEnd();
      other.awaitEnd();
      Received third = send(client, server.target(), HttpClientRequest.get("/3"));
      assertThat(third.awaitEnd().text()).isEqualTo("ok");
      assertThat(server.accepted()).isEqualTo(3);
    }
  }

  @Test
  void whatMayHaveBeenCarriedOutAndDoesMoreTheSecondTimeIsNotRepeated() throws Exception {
    try (ScriptedServer server = ending(1, "");
        HttpClient client = client(1)) {
      send(client, server.target(), HttpClientRequest.get("/1")).awaitEnd();
      Received second = send(client, server.target(), HttpClientRequest.post("/2", "x"));
      HttpClientException failure = second.awaitFailure();
      assertThat(failure.kind()).isEqualTo(Kind.CONNECTION_LOST);
      assertThat(failure.sent()).isTrue();
      assertThat(seen).containsExactly("GET /1", "POST /2");
    }
  }

  /** Its server closes with most of the body unread: it can't have carried it out. */
  @Test
  void whatDidNotLeaveWholeIsRepeatedWhateverItsMethod() throws Exception {
    int size = 32 << 20;
    AtomicInteger accepted = new AtomicInteger();
    try (ScriptedServer server =
            new ScriptedServer(
                peer -> {
                  boolean ends = accepted.incrementAndGet() == 1;
                  String head = peer.readHead();
                  if (ends) {
                    peer.write(OK);
                    head = peer.readHead();
                    seen.add(head.substring(0, 7));
                    return;
                  }
                  seen.add(head.substring(0, 7) + " " + peer.in.readNBytes(size).length);
                  peer.write(OK);
                });
        HttpClient client = client(1)) {
      send(client, server.target(), HttpClientRequest.get("/1")).awaitEnd();
      Received second =
          send(
              client,
              server.target(),
              HttpClientRequest.of("POST", "/2").body(Unpooled.wrappedBuffer(new byte[size])));
      assertThat(second.awaitEnd().text()).isEqualTo("ok");
      assertThat(seen).containsExactly("POST /2", "POST /2 " + size);
    }
  }

  @Test
  void theDeadlineOfWhatIsRepeatedIsThatOfTheFirstAttempt() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    AtomicInteger accepted = new AtomicInteger();
    try (ScriptedServer server =
            new ScriptedServer(
                peer -> {
                  boolean first = accepted.incrementAndGet() == 1;
                  peer.readHead();
                  if (first) {
                    peer.write(OK);
                    peer.readHead();
                    return;
                  }
                  over.await();
                });
        HttpClient client = client(1)) {
      send(client, server.target(), HttpClientRequest.get("/1")).awaitEnd();
      Received second =
          send(
              client,
              server.target(),
              HttpClientRequest.get("/2").deadline(Duration.ofMillis(500)));
      HttpClientException failure = second.awaitFailure();
      over.countDown();
      assertThat(failure.kind()).isEqualTo(Kind.TIMEOUT);
      assertThat(failure).hasMessageContaining("deadline");
      assertThat(failure.sent()).isTrue();
      assertThat(server.accepted()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"H", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n"})
  void whatWasBegunToBeAnsweredIsNotRepeated(String begin) throws Exception {
    try (ScriptedServer server = ending(1, begin);
        HttpClient client = client(1)) {
      send(client, server.target(), HttpClientRequest.get("/1")).awaitEnd();
      Received second = send(client, server.target(), HttpClientRequest.get("/2"));
      assertThat(second.awaitFailure().kind()).isEqualTo(Kind.CONNECTION_LOST);
      assertThat(seen).containsExactly("GET /1", "GET /2");
    }
  }

  @Test
  void itIsRepeatedOnceAndNotOnTheFirstUseOfAConnection() throws Exception {
    try (ScriptedServer server =
            new ScriptedServer(
                peer -> {
                  seen.add(String.valueOf(peer.readHead()).substring(0, 6));
                  if (seen.size() == 1) {
                    peer.write(OK);
                    seen.add(String.valueOf(peer.readHead()).substring(0, 6));
                  }
                });
        HttpClient client = client(1)) {
      send(client, server.target(), HttpClientRequest.get("/1")).awaitEnd();
      Received second = send(client, server.target(), HttpClientRequest.get("/2"));
      assertThat(second.awaitFailure().kind()).isEqualTo(Kind.CONNECTION_LOST);
      assertThat(second.failure.sent()).isTrue();
      assertThat(seen).containsExactly("GET /1", "GET /2", "GET /2");
    }
  }

  /** The next one does not go to a connection whose answer may still come. */
  @Test
  void aConnectionOnWhichACallHasTimedOutIsNotUsedAgain() throws Exception {
    CountDownLatch late = new CountDownLatch(1);
    AtomicInteger accepted = new AtomicInteger();
    try (ScriptedServer server =
            new ScriptedServer(
                peer -> {
                  boolean first = accepted.incrementAndGet() == 1;
                  peer.readHead();
                  if (first) {
                    late.await();
                  }
                  peer.write(OK);
                  peer.drain();
                });
        HttpClient client = client(1)) {
      Received first =
          send(
              client,
              server.target(),
              HttpClientRequest.get("/1").readTimeout(Duration.ofMillis(200)));
      assertThat(first.awaitFailure().kind()).isEqualTo(Kind.TIMEOUT);
      Received second = send(client, server.target(), HttpClientRequest.get("/2"));
      assertThat(second.awaitEnd().text()).isEqualTo("ok");
      assertThat(server.accepted()).isEqualTo(2);
      late.countDown();
    }
  }

  // ---- connections that are not to be had

  @Test
  void aConnectionThatIsNotToBeHadFailsNobodyWhoCanHaveAnother() throws Exception {
    ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    try (HttpClient client = client(2)) {
      OutboundTarget target = new OutboundTarget("127.0.0.1", listener.getLocalPort());
      Received first = send(client, target, HttpClientRequest.get("/1"));
      try (Socket socket = listener.accept()) {
        ScriptedServer.Peer peer = new ScriptedServer.Peer(socket);
        peer.readHead();
        listener.close();
        Received second = send(client, target, HttpClientRequest.get("/2"));
        assertThat(new CountDownLatch(1).await(300, TimeUnit.MILLISECONDS)).isFalse();
        assertThat(second.isOver()).as("%s %s", second.failure, second.head).isFalse();
        peer.write(OK);
        first.awaitEnd();
        assertThat(peer.readHead()).startsWith("GET /2 ");
        peer.write(OK);
        assertThat(second.awaitEnd().text()).isEqualTo("ok");
      }
    } finally {
      listener.close();
    }
  }

  // ---- a body that ends its call

  @Test
  void aCallThatItsBodyHasEndedHearsOfNoGoAhead() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.readHead();
              ended.await();
              peer.write("HTTP/1.1 100 Continue\r\n\r\n");
              peer.drain();
            })) {
      HttpClientSession session =
          node.session(server.target(), OutboundOptions.plaintext(), "HTTP1");
      Received received = new Received();
      HttpClientCall call =
          session.send(HttpClientRequest.of("PUT", "/").streamed(10).expectContinue(), received);
      call.body().write(Unpooled.wrappedBuffer(new byte[3]));
      call.body().finish();
      // Refused on the loop, behind the end of the body.
      Received second = new Received();
      session.send(HttpClientRequest.get("/"), second);
      assertThat(second.awaitFailure().kind()).isEqualTo(Kind.LIMIT);
      ended.countDown();
      assertThat(received.awaitFailure().kind()).isEqualTo(Kind.RECEIVER_FAILED);
      // It is refused on the loop, behind what has happened there.
      Received later = new Received();
      session.send(HttpClientRequest.get("/"), later);
      assertThat(later.awaitFailure().kind()).isEqualTo(Kind.CLOSED);
      assertThat(received.await().interim).isEmpty();
    }
  }
}
