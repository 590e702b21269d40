// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.sluice.platform.Ask.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ref.WeakReference;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The operator's handler from the wire, beside an interface that serves lines. */
class OperatorIT {

  /** Answers that others may be given between a question to the operator and its answer. */
  private static final long MEANWHILE = 2000;

  @TempDir Path folder;
  private NodeHouse house;

  @BeforeEach
  void copyPlugins() throws IOException {
    house = new NodeHouse(folder);
    copyPlugins(house.plugins());
  }

  static void copyPlugins(Path into) throws IOException {
    try (Stream<Path> jars = Files.list(Distribution.HOME.resolve("plugins"))) {
      for (Path jar : jars.toList()) {
        Files.copy(jar, into.resolve(jar.getFileName()));
      }
    }
  }

  @AfterEach
  void close() {
    house.close();
  }

  private Node start(String... lines) {
    return house
        .serve("operator", "HTTP1", "handlers: [node]")
        .serve("lines", "LINE_ECHO", lines)
        .start();
  }

  static InetSocketAddress operator(Node node) {
    return node.addresses().get("operator");
  }

  private static InetSocketAddress lines(Node node) {
    return node.addresses().get("lines");
  }

  private static JsonNode json(Node node, String path) throws IOException {
    Answer answer = Ask.get(operator(node), path).answer();
    assertThat(answer.status()).as(path).isEqualTo(200);
    assertThat(answer.fields()).containsEntry("content-type", "application/json");
    return answer.json();
  }

  @Test
  void figuresAreThoseOfTheTraffic() throws Exception {
    Node node = start("max_open_sessions_soft: 3", "max_open_sessions_hard: 4");
    try (Client client = Client.plain(lines(node))) {
      assertThat(client.ask("hello")).isEqualTo("hello");
      Waiting.until(
          "bytes are reported",
          () -> node.metrics().get("lines").snapshot().bytesOut() == "hello\n".length());

      JsonNode figures = json(node, "/node/metrics").get("interfaces").get("lines");
      assertThat(figures.get("open").asInt()).isEqualTo(1);
      assertThat(figures.get("accepted").asInt()).isEqualTo(1);
      assertThat(figures.get("soft_cap").asInt()).isEqualTo(3);
      assertThat(figures.get("hard_cap").asInt()).isEqualTo(4);
      assertThat(figures.get("bytes_in").asInt()).isEqualTo("hello\n".length());

      JsonNode seen = json(node, "/node/interfaces").get(1);
      assertThat(seen.get("name").asText()).isEqualTo("lines");
      assertThat(seen.get("address").asText()).isEqualTo(AddressText.of(lines(node)));
      assertThat(seen.get("listening").asBoolean()).isTrue();
      assertThat(seen.get("protocols").get(0).asText()).isEqualTo("LINE_ECHO");

      Answer scraped = Ask.get(operator(node), "/node/metrics/prometheus").answer();
      assertThat(scraped.fields().get("content-type")).startsWith("text/plain; version=0.0.4");
      assertThat(scraped.body())
          .contains(
              "sluice_connections_open{interface=\"lines\"} 1",
              "sluice_connections_accepted_total{interface=\"lines\"} 1",
              "sluice_received_bytes_total{interface=\"lines\"} 6",
              "sluice_datagrams_received_total{interface=\"lines\"} 0",
              "sluice_ready 1",
              "sluice_loop_connections{loop=\"0\"}",
              "jvm_memory_used_bytes",
              "jvm_gc_",
              "netty_allocator_memory_used");
      assertThat(
              Ask.get(operator(node), "/node/metrics/prometheus")
                  .with("Accept", "application/openmetrics-text; version=1.0.0")
                  .answer()
                  .body())
          .endsWith("# EOF\n");
    }
    // What ends later is in a later scrape.
    Waiting.until(
        "its end is counted", () -> node.metrics().get("lines").snapshot().closes().size() == 1);
    assertThat(Ask.get(operator(node), "/node/metrics/prometheus").answer().body())
        .contains("sluice_connections_closed_total{interface=\"lines\",reason=\"peer_closed\"} 1");
  }

  @Test
  void versionsHealthAndPlugins() throws Exception {
    Node node = start();
    assertThat(json(node, "/node/version").get("netty").asText()).startsWith("4.2");
    assertThat(json(node, "/node/version").get("tls").asText()).contains("BoringSSL");
    assertThat(json(node, "/node/health/live").get("status").asText()).isEqualTo("live");
    assertThat(json(node, "/node/health/ready").get("status").asText()).isEqualTo("ready");
    assertThat(json(node, "/node/protocols").get("jars").findValuesAsText("name"))
        .contains("HTTP1", "LINE_ECHO");
    assertThat(json(node, "/node/certificates")).isEmpty();
    assertThat(Ask.get(operator(node), "/node").answer().fields())
        .containsEntry("location", "/node/");
  }

  @Test
  void itAnswersOnInterfacesThatNameItOnly() throws Exception {
    house.serve("web", "HTTP1");
    Node node = start();
    for (String path : List.of("/node/", "/node/health/live", "/node/connections")) {
      assertThat(Ask.get(node.addresses().get("web"), path).answer().status()).isEqualTo(404);
    }
    assertThat(Ask.get(operator(node), "/nodes").answer().status()).isEqualTo(404);
  }

  @Test
  void connectionsListedAreThoseThatThereAre() throws Exception {
    Node node = start();
    List<Client> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 5; i++) {
        Client client = Client.plain(lines(node));
        assertThat(client.ask("hello " + i)).isEqualTo("hello " + i);
        clients.add(client);
      }
      JsonNode all = json(node, "/node/connections?interface=lines").get("connections");
      assertThat(all).hasSize(5);
      assertThat(all.findValuesAsText("remote"))
          .containsExactlyElementsOf(clients.stream().map(Client::localAddress).toList());
      assertThat(all.get(0).get("protocol").asText()).isEqualTo("LINE_ECHO");
      assertThat(all.get(0).get("state").asText()).isEqualTo("open");

      JsonNode first = json(node, "/node/connections?interface=lines&limit=2");
      JsonNode rest =
          json(node, "/node/connections?interface=lines&limit=4&after=" + first.get("next"));
      assertThat(first.get("connections").findValuesAsText("id"))
          .isEqualTo(all.findValuesAsText("id").subList(0, 2));
      assertThat(rest.get("connections").findValuesAsText("id"))
          .isEqualTo(all.findValuesAsText("id").subList(2, 5));
      assertThat(rest.has("next")).isFalse();
      assertThat(
              json(node, "/node/connections?remote=" + clients.get(3).localAddress())
                  .get("connections"))
          .hasSize(1);

      String third = all.get(2).get("id").asText();
      assertThat(
              Ask.change(operator(node), "DELETE", "/node/connections/" + third).answer().status())
          .isEqualTo(204);
      assertThat(clients.get(2).end()).isEqualTo("end of stream");
      String remote = clients.get(2).localAddress();
      clients.get(2).hangUp();
      Waiting.until(
          "its record", () -> node.metrics().get("lines").snapshot().closes().size() == 1);
      JsonNode close = json(node, "/node/closes?interface=lines").get("closes").get(0);
      assertThat(close.get("id").asText()).isEqualTo(third);
      assertThat(close.get("reason").asText()).isEqualTo("closed_by_operator");
      assertThat(close.get("closed_by").asText()).isEqualTo("operator");
      assertThat(close.get("remote").asText()).isEqualTo(remote);
      assertThat(
              Ask.change(operator(node), "DELETE", "/node/connections/" + third).answer().status())
          .isEqualTo(404);
      assertThat(clients.get(1).ask("still here")).isEqualTo("still here");
    } finally {
      for (Client client : clients) {
        client.close();
      }
    }
  }

  @Test
  void closesSayWhichLimit() throws Exception {
    Node node = start("max_open_sessions_soft: 1", "max_open_sessions_hard: 1");
    try (Client one = Client.plain(lines(node))) {
      assertThat(one.ask("first")).isEqualTo("first");
      try (Client refused = Client.plain(lines(node))) {
        refused.end();
      }
      Waiting.until("the refusal", () -> node.metrics().get("lines").snapshot().refused() == 1);
      JsonNode close = json(node, "/node/closes?reason=hard_cap").get("closes").get(0);
      assertThat(close.get("limit").asText()).isEqualTo("max_open_sessions_hard");
      assertThat(close.get("closed_by").asText()).isEqualTo("node");
    }
  }

  @Test
  void aCertificateByCallIsServedOrRefusedWithTheReason() throws Exception {
    house
        .set("certificates: { pushed: {} }")
        .serve("secured", "LINE_ECHO", "endorsement: { authority: pushed }");
    Node node = start();
    InetSocketAddress at = operator(node);
    InetSocketAddress secured = node.addresses().get("secured");
    assertThat(json(node, "/node/interfaces").get(0).get("listening").asBoolean()).isFalse();
    assertThatThrownBy(() -> Client.plain(secured)).isInstanceOf(ConnectException.class);

    DevelopmentCertificate first =
        DevelopmentCertificate.create(List.of("localhost"), Duration.ofDays(1));
    DevelopmentCertificate other =
        DevelopmentCertificate.create(List.of("localhost"), Duration.ofDays(1));
    Answer placed = put(at, "pushed", first.privateKeyPem() + first.certificatePem());
    assertThat(placed.status()).as(placed.body()).isEqualTo(200);
    assertThat(placed.json().get("generation").asInt()).isEqualTo(1);
    assertThat(placed.json().get("interfaces").get(0).asText()).isEqualTo("secured");
    try (Client client = Client.tls(secured, Client.trusting(first.certificate()))) {
      assertThat(client.ask("hello")).isEqualTo("hello");
      JsonNode seen = json(node, "/node/connections?interface=secured").get("connections").get(0);
      assertThat(seen.get("certificate").asText()).isEqualTo("pushed");
      assertThat(seen.get("generation").asInt()).isEqualTo(1);

      for (String bad :
          List.of(
              "",
              "no PEM",
              first.certificatePem(),
              first.certificatePem() + other.privateKeyPem(),
              first.certificatePem().substring(0, 200) + first.privateKeyPem())) {
        Answer refused = put(at, "pushed", bad);
        assertThat(refused.status()).as(bad).isEqualTo(422);
        assertThat(refused.json().get("code").asText()).isEqualTo("certificate_refused");
        assertThat(refused.json().get("detail").asText()).isNotBlank();
      }
      JsonNode kept = json(node, "/node/certificates").get(0);
      assertThat(kept.get("generation").asInt()).isEqualTo(1);
      assertThat(kept.get("failures").asInt()).isEqualTo(5);
      assertThat(kept.has("last_failure")).isTrue();

      Answer replaced = put(at, "pushed", other.certificatePem() + other.privateKeyPem());
      assertThat(replaced.json().get("generation").asInt()).isEqualTo(2);
      assertThat(replaced.json().has("last_failure")).isFalse();
      assertThat(client.ask("still here")).isEqualTo("still here");
      assertThat(json(node, "/node/certificates/pushed").get("retired_contexts").asInt())
          .isEqualTo(1);
    }
    try (Client client = Client.tls(secured, Client.trusting(other.certificate()))) {
      assertThat(client.ask("hello")).isEqualTo("hello");
    }
    assertThat(put(at, "unknown", first.certificatePem()).status()).isEqualTo(404);
    Answer anonymous =
        Ask.change(at, "PUT", "/node/certificates/pushed").without("Sluice-Operator").answer();
    assertThat(anonymous.status()).isEqualTo(403);
  }

  private static Answer put(InetSocketAddress at, String name, String pem) throws IOException {
    return Ask.change(at, "PUT", "/node/certificates/" + name).body(pem).answer();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/node/connections?limit=0",
        "/node/connections?limit=1001",
        "/node/connections?after=x",
        "/node/connections?iface=lines",
        "/node/closes?limit=1&limit=2",
        "/node/closes?reason=%zz"
      })
  void aQueryThatIsWrongIsSaidToBe(String path) throws Exception {
    Answer answer = Ask.get(operator(start()), path).answer();
    assertThat(answer.status()).isEqualTo(400);
  }

  @Test
  void aDrainByCallEndsTheNodeAndIsReported() throws Exception {
    Node node = start();
    InetSocketAddress at = operator(node);
    try (Client client = Client.plain(lines(node))) {
      assertThat(client.ask("hello")).isEqualTo("hello");
      assertThat(Ask.get(at, "/node/drain").answer().json().get("phase").asText())
          .isEqualTo("running");
      Answer answer = Ask.change(at, "POST", "/node/drain").answer();
      assertThat(answer.status()).isEqualTo(202);
      assertThat(client.end()).isEqualTo("end of stream");
      client.hangUp();
      node.awaitStopped();
    }
    assertThat(node.drainReport().phase().name()).isEqualTo("STOPPED");
    assertThat(house.log()).anyMatch(line -> line.startsWith("INFO stopped"));
    NodeHouse.assertFree(at);
  }

  @Test
  void aNodeThatWasLookedAtCanBeCollectedBehindItsEnd() throws Exception {
    NodeRemainsTest.awaitCollected("the node", lookAtOne());
  }

  /** In a method of its own, so that no local variable keeps the node. */
  private WeakReference<Node> lookAtOne() throws Exception {
    Node node = start();
    assertThat(Ask.get(operator(node), "/node/metrics/prometheus").answer().body())
        .contains("jvm_gc_");
    assertThat(json(node, "/node/metrics").has("interfaces")).isTrue();
    house.end(node);
    return new WeakReference<>(node);
  }

  @Test
  void thePageIsLiveAndItsStreamEndsWithTheNode() throws Exception {
    Node node = start();
    Answer page = Ask.get(operator(node), "/node/").answer();
    assertThat(page.fields().get("content-security-policy"))
        .contains("default-src 'none'", "script-src 'sha256-", "connect-src 'self'")
        .doesNotContain("unsafe");
    assertThat(page.body()).doesNotContain("http://", "https://", "//cdn");
    assertThat(page.body().length()).isLessThan(16 << 10);
    try (Socket socket = new Socket(operator(node).getAddress(), operator(node).getPort());
        Client client = Client.plain(lines(node))) {
      socket.setSoTimeout((int) Waiting.PATIENCE.toMillis());
      String host = AddressText.of(operator(node));
      socket
          .getOutputStream()
          .write(
              ("GET /node/events HTTP/1.0\r\nHost: " + host + "\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      assertThat(client.ask("hello")).isEqualTo("hello");
      String event = Ask.line(in);
      // The one that tells of the client, which may not be the first.
      while (!event.contains(client.localAddress())) {
        event = Ask.line(in);
      }
      node.requestStop();
      assertThat(client.end()).isEqualTo("end of stream");
      client.hangUp();
      in.readAllBytes();
    }
    node.awaitStopped();
  }

  @Test
  void itAnswersWhileTheOtherInterfaceIsFullAndItsLoopsAreBusy() throws Exception {
    Node node = start("max_open_sessions_soft: 20", "max_open_sessions_hard: 20");
    List<Client> full = new ArrayList<>();
    List<Waiting.Side<Boolean>> busy = new ArrayList<>();
    try {
      for (int i = 0; i < 20; i++) {
        Client client = Client.plain(lines(node));
        full.add(client);
        busy.add(Waiting.Side.run(() -> keepBusy(client)));
      }
      try (Client refused = Client.plain(lines(node))) {
        assertThat(refused.end()).isNotEqualTo("open");
      }
      List<Long> meanwhile = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        long begin = busied(node);
        assertThat(json(node, "/node/interfaces").get(1).get("open").asInt()).isEqualTo(20);
        meanwhile.add(busied(node) - begin);
      }
      meanwhile.sort(null);
      assertThat(meanwhile.get(25)).as("median of %s", meanwhile).isLessThan(MEANWHILE);
      assertThat(busy).noneMatch(Waiting.Side::done);
    } finally {
      for (Client client : full) {
        client.close();
      }
      for (Waiting.Side<Boolean> side : busy) {
        side.result();
      }
    }
  }

  /** How many times the busy ones have been answered. */
  private static long busied(Node node) {
    return node.metrics().get("lines").snapshot().bytesOut() / "busy\n".length();
  }

  /** Echoes, one after the other, until the connection is closed. */
  private static void keepBusy(Client client) {
    try {
      while (client.ask("busy").equals("busy")) {
        // Again.
      }
    } catch (IOException closed) {
      // That was all.
    }
  }
}
