// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.session.bridge.CertificateVersion;
import dev.sluice.session.bridge.ConnectionFilter;
import dev.sluice.session.bridge.ConnectionView;
import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.transport.epoll.tls.ServerIdentity;
import dev.sluice.transport.epoll.tls.TlsContextRef;
import dev.sluice.transport.epoll.tls.TlsPolicy;
import io.netty.handler.ssl.SslContext;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One interface, several certificates: a client gets the one for the name that it asks for. */
class ServerNameTest {

  private static final X509Bundle MAIN = TestCertificates.server("main.example");
  private static final X509Bundle STAR = TestCertificates.server("*.wild.example");
  private static final X509Bundle LATE = TestCertificates.server("late.example");

  private final Probe probe = new Probe();

  @ParameterizedTest
  @CsvSource({
    "main.example, false, CN=main.example",
    "MAIN.example, true, CN=main.example",
    "some.wild.example, false, CN=*.wild.example",
    "some.wild.example, true, CN=*.wild.example",
    "late.example, false, CN=main.example",
    "unknown.example, false, CN=main.example",
    ", false, CN=main.example",
    ", true, CN=main.example",
  })
  void choosesTheCertificate(String name, boolean refuses, String subject) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls(certificates(refuses)).listen();
      try (RecordClient client = new RecordClient(server, engine(name, "TLSv1.3"))) {
        assertServedBy(client, subject);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 1000", "7, 1000", "100000, 1", "100000, 50", "3, 40"})
  void choosesItAlsoWhereTheHelloComesInManyPieces(int segment, int fragment) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls(certificates(true)).listen();
      SSLEngine engine = engine("some.wild.example", "TLSv1.3");
      try (RecordClient client = new RecordClient(server, engine, segment, fragment)) {
        assertServedBy(client, "CN=*.wild.example");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void thatNoCertificateHasIsRefusedWhereSo(String version) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls(certificates(true)).listen();
      assertThatThrownBy(() -> new RecordClient(server, engine("late.example", version)).close())
          .isInstanceOf(SSLException.class)
          .hasMessageContaining("unrecognized_name");
      TestNode.await("it ends", () -> server.endpoint().unfinished() == 0);
      EndpointMetrics.Snapshot seen = server.endpoint().metrics().snapshot();
      assertThat(seen.errors()).containsEntry("unrecognized_name", 1L).hasSize(1);
      assertThat(seen.closes()).containsEntry("unrecognized_name", 1L).hasSize(1);
      assertThat(seen.handshakes()).isEmpty();
      assertThat(probe.sessions).isEmpty();
    }
  }

  @Test
  void isRefusedByAnAlertOnTheWireAlsoWhereTheHelloComesInPieces() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls(certificates(true)).listen();
      byte[] hello = hello("unknown.example");
      try (Socket client = new Socket()) {
        client.setSoTimeout((int) TestNode.PATIENCE.toMillis());
        client.setTcpNoDelay(true);
        client.connect(server.address());
        for (byte each : hello) {
          client.getOutputStream().write(each);
        }
        assertThat(client.getInputStream().readAllBytes()).containsExactly(21, 3, 3, 0, 2, 2, 112);
      }
    }
  }

  @Test
  void findsACertificateAsSoonAsItIsThere() throws Exception {
    TlsContextRef certificates = certificates(true);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls(certificates).listen();
      put(certificates, "late", 1, LATE);
      try (RecordClient client = new RecordClient(server, engine("late.example", "TLSv1.3"))) {
        assertServedBy(client, "CN=late.example");
        assertThat(node.transport.connections().newest(ConnectionFilter.ALL, 10))
            .extracting(ConnectionView::certificate)
            .containsExactly(Optional.of(new CertificateVersion("late", 1)));
      }
    }
  }

  /** The certificate called late is not there yet. */
  private static TlsContextRef certificates(boolean refuses) throws Exception {
    TlsContextRef certificates = new TlsContextRef(List.of("main", "star", "late"), refuses);
    assertThat(certificates.available()).isFalse();
    put(certificates, "star", 1, STAR);
    assertThat(certificates.available()).isFalse();
    put(certificates, "main", 1, MAIN);
    assertThat(certificates.available()).isTrue();
    return certificates;
  }

  static SslContext put(TlsContextRef into, String name, long generation, X509Bundle bundle)
      throws Exception {
    SslContext context =
        TlsPolicy.server(
            new ServerIdentity(List.of(bundle.getCertificate()), bundle.getKeyPair().getPrivate()),
            TlsPolicy.ClientAuthentication.NONE,
            List.of(),
            List.of());
    List<String> names =
        bundle.getCertificate().getSubjectAlternativeNames().stream()
            .map(each -> (String) each.get(1))
            .toList();
    into.put(new CertificateVersion(name, generation), context, names);
    return context;
  }

  private static SSLEngine engine(String name, String version) {
    SSLEngine engine = TestCertificates.clientContext(null).createSSLEngine();
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setServerNames(name == null ? List.of() : List.of(new SNIHostName(name)));
    parameters.setProtocols(new String[] {version});
    engine.setSSLParameters(parameters);
    return engine;
  }

  private static byte[] hello(String name) throws SSLException {
    SSLEngine engine = engine(name, "TLSv1.3");
    engine.setUseClientMode(true);
    ByteBuffer hello = ByteBuffer.allocate(64 << 10);
    engine.beginHandshake();
    engine.wrap(ByteBuffer.allocate(0), hello);
    byte[] bytes = new byte[hello.flip().remaining()];
    hello.get(bytes);
    return bytes;
  }

  private static void assertServedBy(RecordClient client, String subject) throws IOException {
    Certificate served = client.engine.getSession().getPeerCertificates()[0];
    assertThat(((X509Certificate) served).getSubjectX500Principal().getName()).isEqualTo(subject);
    client.send(client.seal("hello".getBytes(US_ASCII)));
    assertThat(client.read(5)).asString(US_ASCII).isEqualTo("hello");
  }
}
