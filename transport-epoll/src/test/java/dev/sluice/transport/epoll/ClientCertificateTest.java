// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.transport.epoll.tls.TlsPolicy.ClientAuthentication;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Client certificates: asked for, not enforced unless wanted, and given to the session. */
class ClientCertificateTest {

  private final Probe probe = new Probe();

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void oneThatIsGivenReachesTheSession(String version) throws Exception {
    assertThat(seenBySession(ClientAuthentication.REQUEST, TestCertificates.CLIENT, version))
        .first()
        .isEqualTo(TestCertificates.CLIENT.getCertificate());
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void oneOfAnUnknownAuthorityReachesTheSessionWhereItIsOnlyRequested(String version)
      throws Exception {
    List<X509Certificate> seen =
        seenBySession(ClientAuthentication.REQUEST, TestCertificates.STRANGER, version);
    assertThat(seen.get(0).getSubjectX500Principal().getName()).isEqualTo("CN=stranger");
  }

  @ParameterizedTest
  @EnumSource(
      value = ClientAuthentication.class,
      names = {"NONE", "REQUEST"})
  void aClientWithoutOneIsServedWhereNoneIsRequired(ClientAuthentication asked) throws Exception {
    assertThat(seenBySession(asked, null, "TLSv1.3")).isEmpty();
  }

  @Test
  void oneThatWasNotAskedForIsNotSent() throws Exception {
    assertThat(seenBySession(ClientAuthentication.NONE, TestCertificates.CLIENT, "TLSv1.3"))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"NONE, false", "REQUEST, true", "REQUIRE, true"})
  void theRequestIsOnTheWireWhereThereIsOne(ClientAuthentication asked, boolean onTheWire)
      throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).clients(asked).listen();
      try (OpensslClient client = new OpensslClient(server, "-msg", "-tls1_2")) {
        assertThat(client.leave()).contains("ServerHello");
        assertThat(client.leave().contains("CertificateRequest")).isEqualTo(onTheWire);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void oneOfTheTrustedAuthorityIsServedWhereOneIsRequired(String version) throws Exception {
    assertThat(seenBySession(ClientAuthentication.REQUIRE, TestCertificates.CLIENT, version))
        .first()
        .isEqualTo(TestCertificates.CLIENT.getCertificate());
  }

  @ParameterizedTest
  @CsvSource({
    "-tls1_3, certificate required",
    "-tls1_2, handshake failure",
  })
  void aClientWithoutOneIsToldByAnAlertWhereOneIsRequired(String version, String alert)
      throws Exception {
    assertRefused(alert, version);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_3", "-tls1_2"})
  void aClientWithOneOfAnotherAuthorityIsToldByAnAlert(String version) throws Exception {
    String file = OpensslClient.certificate(folder, "stranger.pem", TestCertificates.STRANGER);
    assertRefused("unknown ca", version, "-cert", file, "-key", file);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_3", "-tls1_2"})
  void aClientWithOneThatHasExpiredIsToldByAnAlert(String version) throws Exception {
    X509Bundle expired =
        new CertificateBuilder()
            .subject("CN=late")
            .ecp256()
            .notBefore(Instant.now().minus(Duration.ofDays(3)))
            .notAfter(Instant.now().minus(Duration.ofDays(1)))
            .buildIssuedBy(TestCertificates.ROOT);
    String file = OpensslClient.certificate(folder, "expired.pem", expired);
    assertRefused("certificate expired", version, "-cert", file, "-key", file);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_3", "-tls1_2"})
  void aClientWithOneForServersOnlyIsToldByAnAlert(String version) throws Exception {
    X509Bundle server =
        new CertificateBuilder()
            .subject("CN=server")
            .ecp256()
            .addExtendedKeyUsageServerAuth()
            .buildIssuedBy(TestCertificates.ROOT);
    String file = OpensslClient.certificate(folder, "server-only.pem", server);
    assertRefused("unsupported certificate", version, "-cert", file, "-key", file);
  }

  private void assertRefused(String alert, String... options) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).clients(ClientAuthentication.REQUIRE).listen();
      try (OpensslClient client = new OpensslClient(server, options)) {
        assertThat(client.awaitEnd()).containsIgnoringCase("alert " + alert).contains("SSL alert");
      }
      EndpointMetrics metrics = server.endpoint().metrics();
      TestNode.await("the connection ends", () -> server.endpoint().unfinished() == 0);
      assertThat(metrics.snapshot().errors()).containsEntry("tls_handshake", 1L).hasSize(1);
      assertThat(metrics.snapshot().closes()).containsEntry("tls_error", 1L).hasSize(1);
      assertThat(probe.sessions).isEmpty();
    }
  }

  private List<X509Certificate> seenBySession(
      ClientAuthentication asked, X509Bundle own, String version) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).clients(asked).listen();
      try (SSLSocket client =
          (SSLSocket) TestCertificates.clientContext(own).getSocketFactory().createSocket()) {
        client.setSoTimeout((int) TestNode.PATIENCE.toMillis());
        client.setEnabledProtocols(new String[] {version});
        client.connect(server.address());
        byte[] sent = "hello".getBytes(US_ASCII);
        client.getOutputStream().write(sent);
        assertThat(client.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
      }
      return probe.session().context.tls().orElseThrow().peerCertificates();
    }
  }
}
