// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.protocol.http1.Http1Protocol;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.ScriptedServer;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import dev.sluice.protocol.http1.Trusting;
import dev.sluice.protocol.http2.Http2Protocol;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that go over a relay to another node, and answers that come back. */
@Timeout(90)
class RelayAppTest {

  /** What the nodes may have in their buffers at any time. */
  private static final long MOST_DIRECT = 64 << 20;

  private final TestApp app = new TestApp();
  private HttpNode far;
  private HttpNode near;
  private HttpClient client;
  private String base;

  private static CustomProtocolSubsystem protocol(String version) {
    return version.equals("HTTP_2") ? new Http2Protocol() : new Http1Protocol();
  }

  /** The client speaks that version to the relay, which speaks HTTP/1.1 to a node without TLS. */
  private void start(String version) throws Exception {
    Settings large = new Settings();
    large.maxBody = 1L << 30;
    far = large.options().start(app);
    startNear(version, far.port());
  }

  private void startNear(String version, int farPort) throws Exception {
    Settings large = new Settings();
    large.maxBody = 1L << 30;
    HttpNode.Options options = large.options();
    options.protocol = protocol(version);
    options.clients = List.of(new Http1Protocol(), new Http2Protocol());
    options.settings =
        new RelayApp.Settings(
            Map.of("far", plain("127.0.0.1:" + farPort), "self", plain("localhost:1")));
    // Java's client speaks HTTP/2 by ALPN.
    options.tls = version.equals("HTTP_2");
    near = options.start(new RelayApp());
    client =
        HttpClient.newBuilder()
            .sslContext(Trusting.context(null))
            .version(HttpClient.Version.valueOf(version))
            .build();
    base = (options.tls ? "https" : "http") + "://localhost:" + near.port();
  }

  static Destination plain(String target) {
    return new Destination(target, false, Optional.empty(), Optional.empty(), Optional.empty());
  }

  @AfterEach
  void close() {
    if (near != null) {
      near.close();
    }
    if (far != null) {
      far.close();
    }
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(base + path)).timeout(Duration.ofSeconds(60));
  }

  private HttpResponse<String> get(String path) throws Exception {
    return client.send(request(path).build(), BodyHandlers.ofString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP_1_1", "HTTP_2"})
  void aRequestGoesToTheNodeThatIsNamedAndItsAnswerBack(String version) throws Exception {
    start(version);
    for (int i = 0; i < 20; i++) {
      HttpResponse<String> response = get("/app/relay/far/say/" + i);
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.body()).isEqualTo("" + i);
      assertThat(response.headers().firstValue("content-type"))
          .contains("text/plain; charset=utf-8");
      assertThat(response.headers().firstValue("via")).contains("1.1 sluice-relay");
    }
    assertThat(get("/app/relay/far/target?a=b%20c").body())
        .isEqualTo("127.0.0.1:" + far.port() + "|/target|a=b%20c");
    assertThat(get("/app/relay/far/nothing/there").statusCode()).isEqualTo(404);
    assertThat(get("/app/relay/far/empty").statusCode()).isEqualTo(204);
    HttpResponse<Void> head =
        client.send(
            request("/app/relay/far/hello").method("HEAD", BodyPublishers.noBody()).build(),
            BodyHandlers.discarding());
    assertThat(head.headers().firstValue("content-length")).contains("13");
    // By event loop.
    assertThat(far.metrics().accepted()).isLessThanOrEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP_1_1", "HTTP_2"})
  void bodiesGoBothWaysWhole(String version) throws Exception {
    start(version);
    byte[] body = new byte[10 << 20];
    new Random(1).nextBytes(body);
    HttpResponse<byte[]> response =
        client.send(
            request("/app/relay/far/stream").POST(BodyPublishers.ofByteArray(body)).build(),
            BodyHandlers.ofByteArray());
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.body()).isEqualTo(body);
    HttpResponse<String> counted =
        client.send(
            request("/app/relay/far/sink")
                .POST(BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(body)))
                .expectContinue(version.equals("HTTP_1_1"))
                .build(),
            BodyHandlers.ofString());
    assertThat(counted.body()).isEqualTo("" + body.length);
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP_1_1", "HTTP_2"})
  void aSlowReaderHoldsTheFarNodeBackAndLosesNothing(String version) throws Exception {
    start(version);
    int size = 100 << 20;
    HttpResponse<InputStream> response =
        client.send(request("/app/relay/far/bytes/" + size).build(), BodyHandlers.ofInputStream());
    long most = 0;
    long at = 0;
    byte[] part = new byte[64 << 10];
    try (InputStream body = response.body()) {
      int read;
      while ((read = body.read(part)) >= 0) {
        for (int i = 0; i < read; i++, at++) {
          if (part[i] != TestApp.patternAt(at)) {
            throw new AssertionError("at " + at);
          }
        }
        most = Math.max(most, near.buffersAlive() + far.buffersAlive());
      }
    }
    assertThat(at).isEqualTo(size);
    assertThat(most).isBetween(1L, MOST_DIRECT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP_1_1", "HTTP_2"})
  void whatGoesWrongBehindTheRelayIsToldByStatus(String version) throws Exception {
    startNear(version, freePort());
    assertThat(get("/app/relay/nobody/x").statusCode()).isEqualTo(404);
    assertThat(get("/app/relay/far").statusCode()).isEqualTo(404);
    HttpResponse<String> refused = get("/app/relay/far/x");
    assertThat(refused.statusCode()).isEqualTo(502);
    assertThat(refused.body()).contains("\"refused\"");
    HttpResponse<String> circle =
        client.send(
            request("/app/relay/far/x").header("via", "1.1 sluice-relay, ".repeat(8) + "x").build(),
            BodyHandlers.ofString());
    assertThat(circle.statusCode()).isEqualTo(508);
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP_1_1", "HTTP_2"})
  void anAnswerThatBreaksOffBreaksOffForTheClientToo(String version) throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.readHead();
              peer.write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nbegun");
            })) {
      startNear(version, server.port());
      Assertions.assertThatThrownBy(() -> get("/app/relay/far/x")).isInstanceOf(IOException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"HTTP_1_1", "HTTP_2"})
  void fieldsOfOneConnectionStayThere(String version) throws Exception {
    StringBuilder seen = new StringBuilder();
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              seen.append(peer.readHead());
              peer.write(
                  "HTTP/1.1 200 OK\r\nconnection: x-hop\r\nx-hop: 1\r\nx-end: 2\r\n"
                      + "keep-alive: timeout=5\r\ncontent-length: 2\r\n\r\nok");
            })) {
      startNear(version, server.port());
      HttpResponse<String> response =
          client.send(
              request("/app/relay/far/x").header("x-own", "3").build(), BodyHandlers.ofString());
      assertThat(response.body()).isEqualTo("ok");
      assertThat(response.headers().firstValue("x-end")).contains("2");
      assertThat(response.headers().firstValue("x-hop")).isEmpty();
      assertThat(response.headers().firstValue("keep-alive")).isEmpty();
      assertThat(seen.toString())
          .startsWith("GET /x HTTP/1.1\r\n")
          .contains("x-own: 3")
          .contains("via: ")
          .doesNotContainIgnoringCase("\r\nupgrade");
    }
  }

  /** RFC 9110, section 8.6: the length is that of the answer to GET, and nobody knows it. */
  @ParameterizedTest
  @ValueSource(strings = {"HTTP_1_1", "HTTP_2"})
  void noLengthIsMadeUpForTheHeadOfABodyInChunks(String version) throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              for (String head = peer.readHead(); head != null; head = peer.readHead()) {
                peer.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n");
                peer.write(head.startsWith("HEAD") ? "" : "5\r\nhello\r\n0\r\n\r\n");
              }
            })) {
      startNear(version, server.port());
      for (int i = 0; i < 2; i++) {
        HttpResponse<String> head =
            client.send(
                request("/app/relay/far/x").method("HEAD", BodyPublishers.noBody()).build(),
                BodyHandlers.ofString());
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.headers().firstValue("content-length")).isEmpty();
        assertThat(get("/app/relay/far/x").body()).isEqualTo("hello");
      }
    }
  }

  /** RFC 9110, section 6.6.1: an answer is as old as its origin says. */
  @ParameterizedTest
  @ValueSource(strings = {"HTTP_1_1", "HTTP_2"})
  void theDateIsTheOrigins(String version) throws Exception {
    String then = "Sun, 06 Nov 1994 08:49:37 GMT";
    try (ScriptedServer server =
        ScriptedServer.answering(
            "HTTP/1.1 200 OK\r\nDate: " + then + "\r\ncontent-length: 2\r\n\r\nok")) {
      startNear(version, server.port());
      assertThat(get("/app/relay/far/x").headers().allValues("date")).containsExactly(then);
    }
  }

  /** RFC 9110, section 7.6.2: it counts for OPTIONS, and is one less behind each relay. */
  @ParameterizedTest
  @ValueSource(strings = {"HTTP_1_1", "HTTP_2"})
  void aRequestGoesNoFurtherThanItMay(String version) throws Exception {
    List<String> seen = new CopyOnWriteArrayList<>();
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              for (String head = peer.readHead(); head != null; head = peer.readHead()) {
                seen.add(head);
                peer.write("HTTP/1.1 200 OK\r\nx-from: origin\r\ncontent-length: 0\r\n\r\n");
              }
            })) {
      startNear(version, server.port());
      HttpResponse<String> last = sendWith("OPTIONS", "0");
      assertThat(last.statusCode()).isEqualTo(204);
      assertThat(last.headers().firstValue("allow")).isPresent();
      assertThat(seen).isEmpty();
      for (String[] forwards :
          new String[][] {
            {"OPTIONS", "2", "1"},
            {"OPTIONS", "99999999999999999999999", "2147483646"},
            {"OPTIONS", "x", "x"},
            {"GET", "0", "0"}
          }) {
        assertThat(sendWith(forwards[0], forwards[1]).headers().firstValue("x-from")).isPresent();
        assertThat(seen.get(seen.size() - 1)).contains("max-forwards: " + forwards[2] + "\r\n");
      }
    }
  }

  private HttpResponse<String> sendWith(String method, String forwards) throws Exception {
    return client.send(
        request("/app/relay/far/x")
            .method(method, BodyPublishers.noBody())
            .header("max-forwards", forwards)
            .build(),
        BodyHandlers.ofString());
  }

  /** RFC 9110, section 15.2. */
  @Test
  void whatTheFarNodeTellsBeforeItsAnswerGoesOn() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.readHead();
              peer.write("HTTP/1.1 100 Continue\r\n\r\n");
              peer.write("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\nConnection: y\r\nY: 1\r\n\r\n");
              peer.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
            })) {
      startNear("HTTP_1_1", server.port());
      try (var raw = near.connect()) {
        raw.send("GET /app/relay/far/x HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(raw.line()).isEqualTo("HTTP/1.1 103 Early Hints");
        assertThat(raw.fields())
            .containsExactly(Map.entry("link", "</x>"), Map.entry("via", "1.1 sluice-relay"));
        assertThat(raw.answer().text()).isEqualTo("ok");
      }
    }
  }

  /** As browsers send it. */
  @ParameterizedTest
  @ValueSource(strings = {"/target/a|b", "/target/[c]"})
  void aPathIsHandedOnAsItCame(String path) throws Exception {
    List<String> seen = new CopyOnWriteArrayList<>();
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              seen.add(peer.readHead());
              peer.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
            })) {
      startNear("HTTP_1_1", server.port());
      try (var raw = near.connect()) {
        raw.send("GET /app/relay/far" + path + " HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(raw.answer().status()).isEqualTo(200);
      }
      assertThat(seen.get(0)).startsWith("GET " + path + " HTTP/1.1\r\n");
    }
  }

  @Test
  void aClientThatGoesAwayEndsTheRequestBehindTheRelay() throws Exception {
    start("HTTP_2");
    var asked = client.sendAsync(request("/app/relay/far/wait/x").build(), BodyHandlers.ofString());
    app.nextBegun();
    asked.cancel(true);
    HttpNode.await("the far node hears of it", () -> !app.cancelled.isEmpty());
  }

  private static int freePort() throws IOException {
    try (var free = new java.net.ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
