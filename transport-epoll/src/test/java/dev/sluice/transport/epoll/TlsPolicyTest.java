// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.session.bridge.EndpointMetrics;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What TLS means here, as OpenSSL sees it. */
class TlsPolicyTest {

  private final Probe probe = new Probe();

  @ParameterizedTest
  @ValueSource(strings = {"-tls1", "-tls1_1"})
  void retiredVersionsAreRefused(String version) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      // OpenSSL itself offers these versions at its lowest security level only.
      assertThat(refusal(server, version, "-cipher", "DEFAULT@SECLEVEL=0"))
          .contains("alert protocol version");
      assertCountedOnce(server);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA"})
  void ciphersWithoutAeadAreRefused(String cipher) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      assertThat(refusal(server, "-tls1_2", "-cipher", cipher)).contains("alert handshake failure");
      assertCountedOnce(server);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"AES128-SHA", "AES256-SHA", "AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA"})
  void ciphersWithoutForwardSecrecyAreRefusedAlsoWithAnRsaCertificate(
      String cipher, @TempDir Path folder) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = rsa(node, folder);
      assertThat(refusal(server, "-tls1_2", "-cipher", cipher)).contains("alert handshake failure");
      assertCountedOnce(server);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-CHACHA20-POLY1305"
  })
  void anRsaCertificateServesWithAeadAndForwardSecrecy(String cipher, @TempDir Path folder)
      throws Exception {
    try (TestNode node = new TestNode()) {
      assertServed(rsa(node, folder), "Cipher is " + cipher, "-tls1_2", "-cipher", cipher);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "-tls1_2, -cipher, ECDHE-ECDSA-AES128-GCM-SHA256",
    "-tls1_2, -cipher, ECDHE-ECDSA-AES256-GCM-SHA384",
    "-tls1_2, -cipher, ECDHE-ECDSA-CHACHA20-POLY1305",
    "-tls1_3, -ciphersuites, TLS_AES_128_GCM_SHA256",
    "-tls1_3, -ciphersuites, TLS_AES_256_GCM_SHA384",
    "-tls1_3, -ciphersuites, TLS_CHACHA20_POLY1305_SHA256",
  })
  void everyCipherOfThePolicyServes(String version, String option, String cipher) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      assertServed(server, "Cipher is " + cipher, version, option, cipher);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "-tls1_3, X25519:P-256, X25519, X25519",
    "-tls1_3, P-256, P-256, prime256v1",
    "-tls1_3, P-384, P-384, secp384r1",
    // In TLS 1.2 the list also speaks of the certificate's curve, which is P-256.
    "-tls1_2, X25519:P-256, X25519, X25519",
    "-tls1_2, P-256, P-256, prime256v1",
  })
  void everyGroupOfThePolicyServesAndIsReported(
      String version, String offered, String reported, String openssl) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      assertServed(server, openssl, version, "-groups", offered);
      assertThat(probe.session().context.tls().orElseThrow().group()).contains(reported);
    }
  }

  @Test
  void otherGroupsAreRefused() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      assertThat(refusal(server, "-tls1_3", "-groups", "P-521:X448"))
          .contains("alert handshake failure");
      assertCountedOnce(server);
    }
  }

  @Test
  void renegotiationIsRefused() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      try (OpensslClient client = new OpensslClient(server, "-tls1_2")) {
        client.awaitOutput("Verify return code");
        client.type("R");
        assertThat(client.awaitEnd()).contains("RENEGOTIATING").contains("alert no renegotiation");
      }
    }
  }

  @Test
  void afterAnAttemptToRenegotiateNothingIsServed() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      SSLEngine engine = TestCertificates.clientContext(null).createSSLEngine("localhost", 1);
      engine.setEnabledProtocols(new String[] {"TLSv1.2"});
      try (RecordClient client = new RecordClient(server, engine)) {
        client.engine.beginHandshake();
        client.send(client.seal(new byte[0]));
        byte[] answer = client.socket.getInputStream().readNBytes(3);
        assertThat(answer).as("an alert").containsExactly(21, 3, 3);
        client.socket.getInputStream().readAllBytes();
      }
      TestNode.await("it ends", () -> server.endpoint().unfinished() == 0);
      EndpointMetrics.Snapshot seen = server.endpoint().metrics().snapshot();
      assertThat(seen.closes()).containsEntry("tls_error", 1L).hasSize(1);
      assertThat(seen.errors()).containsEntry("tls_record", 1L).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_2", "-tls1_3"})
  void noTicketIsGiven(String version, @TempDir Path folder) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      Path saved = folder.resolve("session");
      try (OpensslClient client =
          new OpensslClient(server, version, "-sess_out", saved.toString(), "-msg")) {
        client.type("hello");
        assertThat(client.awaitOutput("\nhello")).contains("ServerHello");
        assertThat(client.leave())
            .doesNotContainIgnoringCase("NewSessionTicket")
            .doesNotContainIgnoringCase("New Session Ticket")
            .doesNotContainIgnoringCase("session ticket:");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-ticket", "-no_ticket"})
  void noSessionIsResumed(String tickets) throws Exception {
    List<String> options = new ArrayList<>(List.of("-tls1_2", "-reconnect"));
    if (tickets.equals("-no_ticket")) {
      options.add(tickets);
    }
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      try (OpensslClient client = new OpensslClient(server, options.toArray(String[]::new))) {
        TestNode.await(
            "six connections", () -> server.endpoint().metrics().snapshot().accepted() == 6);
        String printed = client.leave();
        assertThat(printed.split("New, TLSv1.2", -1)).hasSize(7);
        assertThat(printed).doesNotContain("Reused");
      }
    }
  }

  @Test
  void namesWithoutOverlapAreRefusedInTheWordsOfTheStandard() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(new Probe().alpn("one")).tls().listen();
      assertThat(refusal(server, "-alpn", "other,another"))
          .contains("alert no application protocol")
          .contains("SSL alert number 120");
      TestNode.await("it ends", () -> server.endpoint().unfinished() == 0);
      EndpointMetrics.Snapshot seen = server.endpoint().metrics().snapshot();
      assertThat(seen.closes()).containsEntry("no_application_protocol", 1L).hasSize(1);
      assertThat(seen.errors()).containsEntry("no_application_protocol", 1L).hasSize(1);
    }
  }

  private OpenSslServer rsa(TestNode node, Path folder) throws Exception {
    X509Bundle bundle =
        new CertificateBuilder()
            .subject("CN=localhost")
            .rsa2048()
            .setKeyUsage(
                true,
                CertificateBuilder.KeyUsage.digitalSignature,
                CertificateBuilder.KeyUsage.keyEncipherment)
            .buildIssuedBy(TestCertificates.ROOT);
    Path chain = Files.writeString(folder.resolve("rsa.pem"), bundle.getCertificatePEM());
    Path key = Files.writeString(folder.resolve("rsa.key"), bundle.getPrivateKeyPEM());
    return node.serve(probe).certificate(chain, key).listen();
  }

  private static String refusal(OpenSslServer server, String... options) throws Exception {
    try (OpensslClient client = new OpensslClient(server, options)) {
      return client.awaitEnd();
    }
  }

  private static void assertServed(OpenSslServer server, String printed, String... options)
      throws Exception {
    try (OpensslClient client = new OpensslClient(server, options)) {
      client.type("hello");
      assertThat(client.awaitOutput("\nhello")).contains(printed);
      client.leave();
    }
  }

  private void assertCountedOnce(OpenSslServer server) {
    TestNode.await("it ends", () -> server.endpoint().unfinished() == 0);
    EndpointMetrics.Snapshot seen = server.endpoint().metrics().snapshot();
    assertThat(seen.errors()).containsEntry("tls_handshake", 1L).hasSize(1);
    assertThat(seen.closes()).containsEntry("tls_error", 1L).hasSize(1);
    assertThat(probe.sessions).isEmpty();
  }
}
