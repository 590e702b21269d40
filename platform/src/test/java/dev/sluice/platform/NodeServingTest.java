// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.session.bridge.EndpointMetrics.Snapshot;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a node serves: jars that were dropped in, each interface under its own policy. */
class NodeServingTest {

  @TempDir Path folder;
  private NodeHouse house;

  @BeforeEach
  void build() {
    house = new NodeHouse(folder);
  }

  @AfterEach
  void close() {
    house.close();
  }

  @Test
  void aJarDroppedIntoThePluginsServes() throws Exception {
    Node node = house.plugin("PROBE").serve("lines", "PROBE").start();

    try (Client client = Client.plain(node.addresses().get("lines"))) {
      assertThat(client.ask("hello")).isEqualTo("hello");
      assertThat(client.ask("mark")).isEqualTo("unmarked");
    }
    assertThat(node.ready()).isTrue();
    assertThat(house.probe.events()).startsWith("PROBE start", "PROBE create");
  }

  @Test
  void portZeroIsResolvedAndTheAddressesComeInTheOrderOfTheConfiguration() throws Exception {
    house.plugin("PROBE").serve("zulu", "PROBE").serve("alpha", "PROBE").serve("mike", "PROBE");

    Node node = house.start();

    assertThat(node.addresses()).containsOnlyKeys("zulu", "alpha", "mike");
    assertThat(List.copyOf(node.addresses().keySet())).containsExactly("zulu", "alpha", "mike");
    assertThat(node.addresses().values())
        .allSatisfy(
            address -> {
              assertThat(address.getPort()).isPositive();
              assertThat(address.getAddress().getHostAddress()).isEqualTo("127.0.0.1");
            })
        .doesNotHaveDuplicates();
    for (InetSocketAddress address : node.addresses().values()) {
      try (Client client = Client.plain(address)) {
        assertThat(client.ask("hello")).isEqualTo("hello");
      }
    }
    assertThatThrownBy(() -> node.addresses().clear())
        .isInstanceOf(UnsupportedOperationException.class);
    assertThat(house.log())
        .containsExactly(
            "INFO zulu listens on " + AddressText.of(node.addresses().get("zulu")),
            "INFO alpha listens on " + AddressText.of(node.addresses().get("alpha")),
            "INFO mike listens on " + AddressText.of(node.addresses().get("mike")));
  }

  @Test
  void interfacesWithDifferentProtocolsCarriersAndSettingsServeSideBySide() throws Exception {
    DevelopmentCertificate certificate = house.certificate();
    house
        .plugin("LOUD", "execution=EVENT_LOOP")
        .plugin("QUIET")
        .serve(
            "secured",
            "LOUD",
            "endorsement: { authority: service }",
            "protocol_config: { mark: from the secured }")
        .serve("plain", "QUIET", "protocol_config: { mark: from the plain }")
        .serve("other", "LOUD");
    Node node = house.start();

    try (Client secured =
            Client.tls(
                node.addresses().get("secured"), Client.trusting(certificate.certificate()));
        Client plain = Client.plain(node.addresses().get("plain"));
        Client other = Client.plain(node.addresses().get("other"))) {
      assertThat(secured.ask("mark")).isEqualTo("from the secured");
      assertThat(plain.ask("mark")).isEqualTo("from the plain");
      assertThat(other.ask("mark")).isEqualTo("unmarked");
      assertThat(node.metrics().get("secured").snapshot().open()).isEqualTo(1);
    }
    assertThat(house.probe.events()).contains("LOUD create", "QUIET create");
    try (Client unsecured = Client.plain(node.addresses().get("secured"))) {
      assertThat(unsecured.ask("hello")).isNotEqualTo("hello");
    }
  }

  @Test
  void eachInterfaceHasItsOwnCapsAndAFullOneDoesNotHurtAnother() throws Exception {
    house
        .plugin("PROBE")
        .serve("small", "PROBE", "max_open_sessions_soft: 1", "max_open_sessions_hard: 2")
        .serve("operator", "PROBE", "max_open_sessions_soft: 5", "max_open_sessions_hard: 6");
    Node node = house.start();
    InetSocketAddress small = node.addresses().get("small");

    try (Client served = Client.plain(small);
        Client operator = Client.plain(node.addresses().get("operator"))) {
      assertThat(served.ask("hello")).isEqualTo("hello");
      try (Client capped = Client.plain(small)) {
        // Its first bytes make the session that refuses; it has its place until it has left.
        Waiting.until("two are in", () -> snapshot(node, "small").open() == 2);
        try (Client refused = Client.plain(small)) {
          assertThat(endOf(refused)).isIn("end of stream", "reset");
        }
        assertThat(capped.ask("hello")).isEqualTo("full");
        assertThat(capped.end()).isEqualTo("end of stream");
      }
      assertThat(served.ask("still here")).isEqualTo("still here");
      assertThat(operator.ask("and here")).isEqualTo("and here");
      List<Client> more = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        more.add(Client.plain(node.addresses().get("operator")));
      }
      for (Client client : more) {
        assertThat(client.ask("hello")).isEqualTo("hello");
        client.hangUp();
      }
    }

    // A session hears of its end after its place is free.
    Waiting.until("all ends are counted", () -> closes(node, "small") == 3);
    Snapshot figures = snapshot(node, "small");
    assertThat(figures.peak()).isEqualTo(2);
    assertThat(figures.softCap()).isEqualTo(1);
    assertThat(figures.hardCap()).isEqualTo(2);
    assertThat(figures.accepted()).isEqualTo(2);
    assertThat(figures.capped()).isEqualTo(1);
    assertThat(figures.refused()).isEqualTo(1);
    assertThat(figures.closes()).containsEntry("hard_cap", 1L).containsEntry("capped", 1L);
    assertThat(snapshot(node, "operator").refused()).isZero();
    assertThat(snapshot(node, "operator").hardCap()).isEqualTo(6);
  }

  @Test
  void aBrokenJarIsReportedAndTheOthersServe() throws Exception {
    Files.writeString(house.plugins().resolve("broken.jar"), "this is no archive");
    house.plugin("PROBE").serve("lines", "PROBE");
    NodePlan plan = house.plan();

    assertThat(plan.loadReport().hasErrors()).isTrue();
    assertThat(plan.loadReport().errors())
        .singleElement()
        .satisfies(error -> assertThat(error).startsWith("broken.jar is refused: "));
    Node node = house.start(plan);
    try (Client client = Client.plain(node.addresses().get("lines"))) {
      assertThat(client.ask("hello")).isEqualTo("hello");
    } finally {
      node.stop();
    }
  }

  @Test
  void aClientWithoutTheCertificateOfTheTrustedAuthorityIsNotLetIn() throws Exception {
    DevelopmentCertificate certificate = house.certificate();
    house
        .plugin("PROBE")
        .serve(
            "strict",
            "PROBE",
            "endorsement: { authority: service }",
            "client_authentication: require",
            "trusted_ca_file: cert.pem");
    Node node = house.start();

    // TLS 1.3 tells a client that it was refused only after its own end of the handshake.
    assertThatThrownBy(
            () -> {
              try (Client client =
                  Client.tls(
                      node.addresses().get("strict"), Client.trusting(certificate.certificate()))) {
                client.ask("hello");
              }
            })
        .isInstanceOf(IOException.class);
    Waiting.until(
        "the failure is counted",
        () -> snapshot(node, "strict").errors().getOrDefault("tls_handshake", 0L) == 1);
    assertThat(house.probe.events()).containsExactly("PROBE start");
  }

  /** A connection that is closed at accept may be gone before the client has said anything. */
  private static String endOf(Client client) {
    try {
      client.say("hello");
      return client.end();
    } catch (IOException e) {
      return "reset";
    }
  }

  private static long closes(Node node, String name) {
    return snapshot(node, name).closes().values().stream().mapToLong(Long::longValue).sum();
  }

  private static Snapshot snapshot(Node node, String name) {
    return node.metrics().get(name).snapshot();
  }
}
