// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static dev.sluice.transport.epoll.Recorded.assertTells;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.session.bridge.CloseRecord;
import dev.sluice.session.bridge.ClosedBy;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.transport.epoll.tls.TlsPolicy.ClientAuthentication;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The ring tells the true reason where TLS, or the way to it, ends a connection. */
class TlsCloseReasonsTest {

  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final Probe probe = new Probe();

  @ParameterizedTest
  @CsvSource({"60000, 400, handshake_timeout", "400, 60000, idle_connection_timeout"})
  void aHandshakeThatTakesTooLong(long idle, long handshake, String limit) throws Exception {
    EndpointOptions.Limits limits =
        Limits.times(Duration.ofMillis(idle), Duration.ofMillis(handshake), MINUTE);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().limits(limits).listen();
      try (Socket client = connect(server)) {
        readToEnd(client);
        CloseRecord record = Recorded.only(node);
        assertTells(record, "handshake_timeout", ClosedBy.NODE, limit);
        assertThat(record.remote()).contains("127.0.0.1:" + client.getLocalPort());
        assertThat(record.bytesIn()).isZero();
      }
    }
  }

  @Test
  void aFirstWordThatIsNotTls() throws Exception {
    CloseRecord record = endOf(node -> node.serve(probe).tls(), new byte[] {99, 1, 2, 3, 4, 5, 6});
    assertTells(record, "tls_error", ClosedBy.PEER, null);
    assertThat(record.note().orElseThrow()).startsWith("tls_handshake: not an SSL/TLS record");
  }

  @Test
  void aHelloWithoutACommonApplicationProtocol() throws Exception {
    CloseRecord record = endOf(node -> node.serve(probe.alpn("one")).tls(), hello("other"));
    assertTells(record, "no_application_protocol", ClosedBy.NODE, null);
  }

  @Test
  void aPeerThatGoesInTheMiddleOfItsHandshake() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe.alpn("one")).tls().listen();
      try (Socket client = connect(server)) {
        client.getOutputStream().write(hello("one"));
        assertThat(client.getInputStream().read()).isEqualTo(22);
      }
      CloseRecord record = Recorded.only(node);
      assertTells(record, "tls_error", ClosedBy.PEER, null);
      assertThat(record.note().orElseThrow()).startsWith("tls_handshake: ");
    }
  }

  @Test
  void aClientWithoutTheCertificateThatIsRequired() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).clients(ClientAuthentication.REQUIRE).listen();
      try (OpensslClient client = new OpensslClient(server)) {
        client.awaitEnd();
      }
      CloseRecord record = Recorded.only(node);
      assertTells(record, "tls_error", ClosedBy.PEER, null);
      assertThat(record.note().orElseThrow()).contains("CERTIFICATE");
    }
  }

  @Test
  void anAttemptToRenegotiate() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      SSLEngine engine = TestCertificates.clientContext(null).createSSLEngine("localhost", 1);
      engine.setEnabledProtocols(new String[] {"TLSv1.2"});
      try (RecordClient client = new RecordClient(server, engine)) {
        client.engine.beginHandshake();
        client.send(client.seal(new byte[0]));
        readToEnd(client.socket);
      }
      CloseRecord record = Recorded.only(node);
      assertTells(record, "tls_error", ClosedBy.PEER, null);
      assertThat(record.note()).contains("the peer wants to renegotiate");
    }
  }

  @Test
  void aFailureOfTheNodeIsNotCalledThePeers() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      Objects.requireNonNull(server.options().tls()).close();
      try (Socket client = connect(server)) {
        client.getOutputStream().write(hello("one"));
        readToEnd(client);
      }
      CloseRecord record = Recorded.only(node);
      assertTells(record, "internal_error", ClosedBy.NODE, null);
      assertThat(record.note().orElseThrow()).contains("closed");
    }
  }

  /** An interface of a node. */
  private interface Serving {
    TestNode.Interface on(TestNode node);
  }

  private static CloseRecord endOf(Serving serving, byte[] sent) throws Exception {
    try (TestNode node = new TestNode()) {
      try (Socket client = connect(serving.on(node).listen())) {
        client.getOutputStream().write(sent);
        readToEnd(client);
      }
      return Recorded.only(node);
    }
  }

  private static Socket connect(OpenSslServer server) throws IOException {
    Socket socket = new Socket();
    socket.setTcpNoDelay(true);
    socket.setSoTimeout((int) TestNode.PATIENCE.toMillis());
    socket.connect(server.address());
    return socket;
  }

  private static void readToEnd(Socket client) throws IOException {
    try {
      client.getInputStream().readAllBytes();
    } catch (SocketException reset) {
      assertThat(reset).hasMessageContaining("reset");
    }
  }

  /** A ClientHello of Java's, with one ALPN name. */
  static byte[] hello(String alpn) throws Exception {
    SSLEngine engine = TestCertificates.clientContext(null).createSSLEngine("localhost", 1);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {alpn});
    engine.setSSLParameters(parameters);
    engine.setUseClientMode(true);
    ByteBuffer hello = ByteBuffer.allocate(64 << 10);
    engine.beginHandshake();
    engine.wrap(ByteBuffer.allocate(0), hello);
    return Arrays.copyOf(hello.array(), hello.position());
  }
}
