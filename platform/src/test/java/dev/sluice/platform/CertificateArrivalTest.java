// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.platform.certificate.CertificateRefusedException;
import dev.sluice.platform.certificate.CertificateStatus;
import dev.sluice.platform.certificate.CertificateStore;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An interface whose certificate is not there yet holds its port, and serves when it has come. */
class CertificateArrivalTest {

  private static final X509Bundle ROOT = IssuedCertificates.authority("Root", null);

  @TempDir Path folder;
  private NodeHouse house;

  @BeforeEach
  void build() {
    house =
        new NodeHouse(folder)
            .plugin("PROBE")
            .serve("secured", "PROBE", "endorsement: { authority: service }")
            .serve("plain", "PROBE");
  }

  @AfterEach
  void close() {
    house.close();
  }

  @Test
  void theKernelRefusesClientsUntilTheFilesAreThere() throws Exception {
    Node node = house.certificateFiles("late.pem", "late.key").start();
    InetSocketAddress address = node.addresses().get("secured");

    assertRefused(address);
    assertThatThrownBy(() -> NodeHouse.assertFree(address)).isInstanceOf(BindException.class);
    try (Client plain = Client.plain(node.addresses().get("plain"))) {
      assertThat(plain.ask("hello")).isEqualTo("hello");
    }
    assertThat(node.ready()).isTrue();
    assertThat(house.log())
        .containsExactly(
            "INFO secured has " + AddressText.of(address) + " and waits for its certificate",
            "INFO plain listens on " + AddressText.of(node.addresses().get("plain")));

    X509Bundle made = IssuedCertificates.issued(ROOT, "localhost");
    Files.writeString(folder.resolve("late.key"), made.getPrivateKeyPEM());
    Files.writeString(folder.resolve("late.pem"), IssuedCertificates.chain(made));

    Waiting.until("it is served", () -> status(node).available());
    awaitServed(address, made);
    assertThat(status(node).generation()).isEqualTo(1);
    assertThat(status(node).subject()).contains("CN=localhost");
    assertThat(status(node).issuer()).contains("CN=Root");
    assertThat(status(node).dnsNames()).containsExactly("localhost");
    assertThat(status(node).sha256().orElseThrow()).matches("[0-9a-f]{64}");
    assertThat(status(node).daysLeft(Instant.now())).isBetween(178L, 180L);
    assertThat(status(node).failures()).isZero();
    assertThat(node.addresses().get("secured")).isEqualTo(address);
  }

  @Test
  void theKernelRefusesClientsUntilACallBringsOne() throws Exception {
    Node node = house.set("certificates: { service: {} }").start();
    InetSocketAddress address = node.addresses().get("secured");
    assertRefused(address);
    assertThat(status(node).fromFiles()).isFalse();

    X509Bundle made = IssuedCertificates.issued(ROOT, "localhost");
    CertificateStatus after =
        node.certificates()
            .replace("service", IssuedCertificates.chain(made), made.getPrivateKeyPEM());

    assertThat(after.available()).isTrue();
    assertThat(after.generation()).isEqualTo(1);
    try (Client client = Client.tls(address, Client.trusting(ROOT.getCertificate()))) {
      assertThat(client.ask("hello")).isEqualTo("hello");
      assertThat(client.served()).isEqualTo(made.getCertificate());
    }
  }

  @Test
  void whatIsBadIsNotServedAndTheNextIs() throws Exception {
    Node node = house.certificateFiles("late.pem", "late.key").start();
    InetSocketAddress address = node.addresses().get("secured");
    X509Bundle made = IssuedCertificates.issued(ROOT, "localhost");
    Files.writeString(folder.resolve("late.key"), made.getPrivateKeyPEM());
    Files.writeString(folder.resolve("late.pem"), "nothing yet");

    Waiting.until("it is refused", () -> status(node).lastFailure().isPresent());
    assertThat(status(node).lastFailure().orElseThrow().reason()).isEqualTo("found no certificate");
    assertThat(status(node).available()).isFalse();
    assertRefused(address);

    Files.writeString(folder.resolve("late.pem"), IssuedCertificates.chain(made));
    Waiting.until("it is served", () -> status(node).available());
    assertThat(status(node).lastFailure()).isEmpty();
    awaitServed(address, made);
  }

  @Test
  void aStopWhileOneIsWaitedForLeavesNothing() throws Exception {
    Node node = house.certificateFiles("late.pem", "late.key").start();
    InetSocketAddress address = node.addresses().get("secured");

    node.stop();

    NodeHouse.assertFree(address);
    house.awaitNoThread();
    X509Bundle made = IssuedCertificates.issued(ROOT, "localhost");
    assertThatThrownBy(
            () ->
                node.certificates()
                    .replace("service", made.getCertificatePEM(), made.getPrivateKeyPEM()))
        .isInstanceOf(CertificateRefusedException.class)
        .hasMessage("the node has ended");
    assertThat(status(node).available()).isFalse();
  }

  @Test
  void aCallIsRefusedInWords() throws Exception {
    Node node = house.set("certificates: { service: {} }").start();
    CertificateStore store = node.certificates();
    X509Bundle made = IssuedCertificates.issued(ROOT, "localhost");
    String chain = IssuedCertificates.chain(made);

    assertThatThrownBy(() -> store.replace("other", chain, made.getPrivateKeyPEM()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no certificate is called 'other'");
    assertCallRefused(store, "", made.getPrivateKeyPEM(), "found no certificate");
    assertCallRefused(store, chain, chain, "found no private key");
    assertCallRefused(store, chain, ROOT.getPrivateKeyPEM(), "the key is not this certificate's");
    assertCallRefused(
        store,
        "-".repeat(CertificateStore.LARGEST_PEM + 1),
        made.getPrivateKeyPEM(),
        "longer than 1048576 characters");
    assertThat(status(node).available()).isFalse();
    assertThat(status(node).lastFailure()).isPresent();
    assertThat(status(node).failures()).isEqualTo(3);
    assertRefused(node.addresses().get("secured"));
  }

  private static void assertCallRefused(
      CertificateStore store, String chain, String key, String reason) {
    assertThatThrownBy(() -> store.replace("service", chain, key))
        .isInstanceOf(CertificateRefusedException.class)
        .hasMessage(reason);
  }

  private static CertificateStatus status(Node node) {
    return node.certificates().status("service").orElseThrow();
  }

  private static void assertRefused(InetSocketAddress address) {
    assertThatThrownBy(() -> Client.plain(address)).isInstanceOf(ConnectException.class);
  }

  /** It listens a moment after the status has told. */
  private static void awaitServed(InetSocketAddress address, X509Bundle made) throws Exception {
    Waiting.until(
        "it listens",
        () -> {
          try {
            Client.plain(address).close();
            return true;
          } catch (IOException e) {
            return false;
          }
        });
    try (Client client = Client.tls(address, Client.trusting(ROOT.getCertificate()))) {
      assertThat(client.ask("hello")).isEqualTo("hello");
      assertThat(client.served()).isEqualTo(made.getCertificate());
    }
  }
}
