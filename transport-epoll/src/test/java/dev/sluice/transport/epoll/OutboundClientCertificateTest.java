// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static dev.sluice.transport.epoll.ClientProbe.connected;
import static dev.sluice.transport.epoll.ClientProbe.target;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.outbound.OutboundConnection;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.outbound.OutboundException.Kind;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.session.bridge.CertificateVersion;
import dev.sluice.session.bridge.ConnectionFilter;
import dev.sluice.session.bridge.ConnectionView;
import dev.sluice.transport.epoll.outbound.OutboundConnections;
import dev.sluice.transport.epoll.outbound.OutboundSettings;
import dev.sluice.transport.epoll.outbound.SharedContexts;
import dev.sluice.transport.epoll.tls.ClientCertificates.Shown;
import dev.sluice.transport.epoll.tls.ServerIdentity;
import dev.sluice.transport.epoll.tls.TlsPolicy.ClientAuthentication;
import io.netty.pkitesting.X509Bundle;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/** What the node shows of itself to a server that asks for a certificate. */
class OutboundClientCertificateTest {

  private static final OutboundOptions AS_CLIENT =
      OutboundTlsTest.trusting(tls -> tls.certificate("client"));

  private static final OutboundOptions AS_NOBODY = OutboundTlsTest.trusting(tls -> tls);

  private final Probe probe = new Probe();
  private final ClientProbe client = new ClientProbe();
  private final Map<String, Shown> certificates = new ConcurrentHashMap<>();

  @Test
  void oneOfTheTrustedAuthorityIsServed() throws Exception {
    certificates.put("client", shown(TestCertificates.CLIENT, 1));
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).clients(ClientAuthentication.REQUIRE).listen();
      OutboundConnection<Probe.Peer> made =
          connected(connector(node).connect(target(server), AS_CLIENT, client));
      made.session().write("hello".getBytes(US_ASCII));
      client.awaitReceived("hello");
      assertThat(seen(probe.session())).isEqualTo(TestCertificates.CLIENT.getCertificate());
      assertThat(view(node).certificate()).contains(new CertificateVersion("client", 1));
    }
  }

  @Test
  void underTls13AServerThatWantsAnotherEndsTheSession() throws Exception {
    certificates.put("client", shown(TestCertificates.STRANGER, 1));
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).clients(ClientAuthentication.REQUIRE).listen();
      OutboundConnector connector = connector(node);
      for (OutboundOptions each : List.of(AS_CLIENT, AS_NOBODY)) {
        OutboundConnection<Probe.Peer> made =
            connected(connector.connect(target(server), each, client));
        assertThat(made.session().end()).isEqualTo(CloseReason.TLS_ERROR);
      }
      assertThat(probe.sessions).isEmpty();
      assertThat(client.received()).isEmpty();
    }
  }

  @Test
  void underTls12AServerThatWantsOneFailsTheHandshake() throws Exception {
    try (TestNode node = new TestNode();
        OpensslServer server =
            new OpensslServer(
                "-tls1_2",
                "-Verify",
                "2",
                "-verify_return_error",
                "-CAfile",
                TestCertificates.TRUSTED.toString())) {
      OutboundException failed =
          client.failure(connector(node).connect(target(server.address()), AS_NOBODY, client));
      assertThat(failed.kind()).isEqualTo(Kind.HANDSHAKE_FAILED);
      assertThat(failed).hasMessageContaining("ALERT_HANDSHAKE_FAILURE");
    }
  }

  @Test
  void opensslTakesTheRightOne() throws Exception {
    certificates.put("client", shown(TestCertificates.CLIENT, 1));
    try (TestNode node = new TestNode();
        OpensslServer server =
            new OpensslServer(
                "-Verify",
                "3",
                "-verify_return_error",
                "-CAfile",
                TestCertificates.TRUSTED.toString())) {
      OutboundConnection<Probe.Peer> made =
          connected(connector(node).connect(target(server.address()), AS_CLIENT, client));
      made.session().write("abc\n".getBytes(US_ASCII));
      client.awaitReceived("cba\n");
    }
  }

  @Test
  void oneThatIsNotThereIsAnErrorOfItsOwn() throws Exception {
    try (TestNode node = new TestNode()) {
      OutboundException failed =
          client.failure(
              connector(node).connect(new OutboundTarget("127.0.0.1", 1), AS_CLIENT, client));
      assertThat(failed.kind()).isEqualTo(Kind.CREDENTIALS_UNAVAILABLE);
      assertThat(failed).hasMessage("127.0.0.1:1: there is no certificate 'client' to show");
    }
  }

  @Test
  void aRotationCountsForTheNextConnectionAndLeavesTheOthersAlone() throws Exception {
    certificates.put("client", shown(TestCertificates.CLIENT, 1));
    X509Bundle next = TestCertificates.client("next");
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).clients(ClientAuthentication.REQUIRE).listen();
      OutboundConnections outbound = node.outbound(OutboundSettings.defaults(), certificates::get);
      ClientProbe first = new ClientProbe();
      OutboundConnection<Probe.Peer> before =
          connected(outbound.connector().connect(target(server), AS_CLIENT, first));
      before.session().write("1".getBytes(US_ASCII));
      first.awaitReceived("1");
      certificates.put("client", shown(next, 2));
      OutboundConnection<Probe.Peer> after =
          connected(outbound.connector().connect(target(server), AS_CLIENT, client));
      after.session().write("2".getBytes(US_ASCII));
      client.awaitReceived("2");
      before.session().write("3".getBytes(US_ASCII));
      first.awaitReceived("13");
      assertThat(seen(probe.sessions.get(0))).isEqualTo(TestCertificates.CLIENT.getCertificate());
      assertThat(seen(probe.sessions.get(1))).isEqualTo(next.getCertificate());
      assertThat(SharedContexts.of(outbound)).isEqualTo(1);
    }
  }

  private OutboundConnector connector(TestNode node) {
    return node.outbound(OutboundSettings.defaults(), certificates::get).connector();
  }

  private static Shown shown(X509Bundle bundle, long generation) {
    return new Shown(
        new CertificateVersion("client", generation),
        new ServerIdentity(List.of(bundle.getCertificatePath()), bundle.getKeyPair().getPrivate()));
  }

  private static X509Certificate seen(Probe.Peer peer) {
    return peer.context.tls().orElseThrow().peerCertificates().get(0);
  }

  private static ConnectionView view(TestNode node) {
    return node.transport
        .connections()
        .page(ConnectionFilter.ofInterface(OutboundConnections.NAME), Long.MIN_VALUE, 10)
        .get(0);
  }
}
