// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static dev.sluice.transport.epoll.ClientProbe.connected;
import static dev.sluice.transport.epoll.ClientProbe.target;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.TlsInfo;
import dev.sluice.api.outbound.OutboundConnection;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.outbound.OutboundException.Kind;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.outbound.OutboundTls;
import dev.sluice.session.bridge.ConnectionFilter;
import dev.sluice.transport.epoll.outbound.ClientSide;
import dev.sluice.transport.epoll.outbound.OutboundConnections;
import dev.sluice.transport.epoll.outbound.OutboundSettings;
import dev.sluice.transport.epoll.outbound.SharedContexts;
import dev.sluice.transport.epoll.tls.ClientCertificates;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS as a client: whom it believes, and what it says where it does not. */
class OutboundTlsTest {

  private final Probe probe = new Probe();
  private final ClientProbe client = new ClientProbe();

  @TempDir private Path folder;

  /** Trusts the test's authority. */
  static OutboundOptions trusting(UnaryOperator<OutboundTls.Builder> more) {
    return OutboundOptions.builder()
        .tls(more.apply(OutboundTls.builder().trustFile(TestCertificates.TRUSTED)).build())
        .build();
  }

  private static OutboundOptions trusting() {
    return trusting(tls -> tls);
  }

  @Test
  void aServerOfATrustedAuthorityIsTalkedToUnderTls() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      OutboundConnection<Probe.Peer> made =
          connected(node.outbound().connect(target(server), trusting(), client));
      made.session().write("hello".getBytes(US_ASCII));
      client.awaitReceived("hello");
      TlsInfo tls = made.context().tls().orElseThrow();
      assertThat(tls.version()).isEqualTo("TLSv1.3");
      assertThat(tls.group()).contains("X25519MLKEM768");
      assertThat(tls.serverName()).isEmpty();
      assertThat(tls.peerCertificates().get(0)).isEqualTo(TestCertificates.SERVER.getCertificate());
      assertThat(probe.session().context.tls().orElseThrow().serverName()).isEmpty();
    }
  }

  @Test
  void theNameIsAskedForAndVerifiedAlsoOneWithoutADot() throws Exception {
    try (TestNode node = new TestNode();
        NameServer names = new NameServer()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      OutboundConnection<Probe.Peer> made =
          connected(
              node.outbound(names.settings(), ClientCertificates.NONE)
                  .connector()
                  .connect(target(server), trusting(tls -> tls.serverName("localhost")), client));
      made.session().write("x".getBytes(US_ASCII));
      assertThat(made.context().tls().orElseThrow().serverName()).contains("localhost");
      assertThat(probe.session().context.tls().orElseThrow().serverName()).contains("localhost");
    }
  }

  @Test
  void aServerOfAnotherAuthorityIsNotTrustedAndHearsWhy() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      OutboundOptions other =
          OutboundOptions.builder()
              .tls(
                  OutboundTls.builder()
                      .trust(List.of(TestCertificates.STRANGER.getRootCertificate()))
                      .build())
              .build();
      OutboundException refused =
          client.failure(node.outbound().connect(target(server), other, client));
      assertThat(refused.kind()).isEqualTo(Kind.CERTIFICATE_NOT_TRUSTED);
      assertThat(refused).hasMessageContainingAll("CN=localhost", "CN=Test Intermediate");
      assertHeard(node, server, "UNKNOWN_CA");
    }
  }

  @Test
  void theJdksAuthoritiesAreTrustedWhereNothingElseIsSaid() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      OutboundException refused =
          client.failure(
              node.outbound().connect(target(server), OutboundOptions.defaults(), client));
      assertThat(refused.kind()).isEqualTo(Kind.CERTIFICATE_NOT_TRUSTED);
    }
  }

  @ParameterizedTest
  @CsvSource({"-3, -1, has expired at", "1, 3, is not valid before"})
  void aCertificateThatIsNotValidNowSaysSo(int from, int to, String words) throws Exception {
    X509Bundle bundle =
        new CertificateBuilder()
            .subject("CN=out of time")
            .ecp256()
            .addSanIpAddress("127.0.0.1")
            .notBefore(Instant.now().plus(Duration.ofDays(from)))
            .notAfter(Instant.now().plus(Duration.ofDays(to)))
            .buildIssuedBy(TestCertificates.ROOT);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = serve(node, bundle);
      OutboundException refused =
          client.failure(node.outbound().connect(target(server), trusting(), client));
      assertThat(refused.kind()).isEqualTo(Kind.CERTIFICATE_NOT_TRUSTED);
      assertThat(refused).hasMessageContainingAll("CN=out of time", words);
      assertHeard(node, server, "CERTIFICATE_EXPIRED");
    }
  }

  @Test
  void aCertificateForAnotherNameIsAMismatch() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      OutboundException refused =
          client.failure(
              node.outbound()
                  .connect(target(server), trusting(tls -> tls.serverName("other.test")), client));
      assertThat(refused.kind()).isEqualTo(Kind.HOST_NAME_MISMATCH);
      assertThat(refused)
          .hasMessageContainingAll("for localhost", "127.0.0.1", "not for other.test");
      assertHeard(node, server, "BAD_CERTIFICATE");
    }
  }

  @Test
  void aCertificateWithoutTheAddressIsAMismatchWhereAnAddressWasAskedFor() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = serve(node, TestCertificates.server("named.test"));
      OutboundException refused =
          client.failure(node.outbound().connect(target(server), trusting(), client));
      assertThat(refused.kind()).isEqualTo(Kind.HOST_NAME_MISMATCH);
    }
  }

  /** RFC 9110, section 4.3.4. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCommonNameIsNoNameOfAServer(boolean hasAddress) throws Exception {
    CertificateBuilder builder = new CertificateBuilder().subject("CN=localhost").ecp256();
    if (hasAddress) {
      builder.addSanIpAddress("127.0.0.1");
    }
    try (TestNode node = new TestNode()) {
      OpenSslServer server = serve(node, builder.buildIssuedBy(TestCertificates.ROOT));
      OutboundException refused =
          client.failure(
              node.outbound()
                  .connect(target(server), trusting(tls -> tls.serverName("localhost")), client));
      assertThat(refused.kind()).isEqualTo(Kind.HOST_NAME_MISMATCH);
      assertHeard(node, server, "BAD_CERTIFICATE");
    }
  }

  @Test
  void withoutVerificationAnybodyIsBelieved() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = serve(node, TestCertificates.server("named.test"));
      OutboundOptions insecure =
          OutboundOptions.builder()
              .tls(OutboundTls.builder().insecureNoVerification().build())
              .build();
      try (Logged log = Logged.of(OutboundConnections.class)) {
        OutboundConnections outbound =
            node.outbound(OutboundSettings.defaults(), ClientCertificates.NONE);
        connected(outbound.connector().connect(target(server), insecure, client));
        connected(outbound.connector().connect(target(server), insecure, client));
        assertThat(log.warnings())
            .singleElement()
            .asString()
            .contains(target(server).toString(), "without verifying");
      }
    }
  }

  @Test
  void aTrustFileThatIsNotThereIsAnErrorOfItsOwn() throws Exception {
    try (TestNode node = new TestNode()) {
      OutboundOptions none =
          OutboundOptions.builder()
              .tls(OutboundTls.builder().trustFile(folder.resolve("none.pem")).build())
              .build();
      OutboundException refused =
          client.failure(node.outbound().connect(new OutboundTarget("127.0.0.1", 1), none, client));
      assertThat(refused.kind()).isEqualTo(Kind.CREDENTIALS_UNAVAILABLE);
      assertThat(refused).hasMessageContaining("none.pem");
    }
  }

  @Test
  void aTrustFileThatChangesCountsForNewConnectionsAndABadOneDoesNot() throws Exception {
    Path trusted = folder.resolve("trusted.pem");
    Files.writeString(trusted, TestCertificates.STRANGER.getRootCertificatePEM());
    OutboundOptions options =
        OutboundOptions.builder().tls(OutboundTls.builder().trustFile(trusted).build()).build();
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      OutboundConnections outbound =
          node.outbound(OutboundSettings.defaults(), ClientCertificates.NONE);
      assertThat(
              client.failure(outbound.connector().connect(target(server), options, client)).kind())
          .isEqualTo(Kind.CERTIFICATE_NOT_TRUSTED);
      Files.copy(TestCertificates.TRUSTED, trusted, StandardCopyOption.REPLACE_EXISTING);
      TestNode.await("the new one counts", () -> connects(outbound, server, options));
      Files.writeString(trusted, "no certificate");
      long until = System.nanoTime() + 1_200_000_000L;
      TestNode.await("looked at again", () -> System.nanoTime() - until > 0);
      connected(outbound.connector().connect(target(server), options, client));
      assertThat(SharedContexts.of(outbound)).isEqualTo(1);
    }
  }

  private static boolean connects(
      OutboundConnections outbound, OpenSslServer server, OutboundOptions options) {
    return outbound
        .connector()
        .connect(target(server), options, new ClientProbe())
        .handle((made, failure) -> failure == null)
        .toCompletableFuture()
        .join();
  }

  // ---- ALPN

  @Test
  void theProtocolThatTheServerChoosesIsToldToTheFactory() throws Exception {
    probe.alpn("two", "one");
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      OutboundConnection<Probe.Peer> made =
          connected(
              node.outbound()
                  .connect(target(server), trusting(tls -> tls.alpn("none", "two")), client));
      assertThat(made.context().tls().orElseThrow().applicationProtocol()).contains("two");
    }
  }

  @Test
  void aServerThatRefusesEveryProtocolIsToldApart() throws Exception {
    probe.alpn("one");
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      OutboundException refused =
          client.failure(
              node.outbound().connect(target(server), trusting(tls -> tls.alpn("two")), client));
      assertThat(refused.kind()).isEqualTo(Kind.PROTOCOL_NOT_NEGOTIATED);
      assertThat(refused).hasMessageContaining("[two]");
    }
  }

  @Test
  void aServerThatKnowsNoAlpnIsRefusedUnlessThatIsAllowed() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      OutboundConnections outbound =
          node.outbound(OutboundSettings.defaults(), ClientCertificates.NONE);
      OutboundException refused =
          client.failure(
              outbound
                  .connector()
                  .connect(target(server), trusting(tls -> tls.alpn("two")), client));
      assertThat(refused.kind()).isEqualTo(Kind.PROTOCOL_NOT_NEGOTIATED);
      OutboundConnection<Probe.Peer> made =
          connected(
              outbound
                  .connector()
                  .connect(
                      target(server), trusting(tls -> tls.alpn("two").alpnOptional()), client));
      assertThat(made.context().tls().orElseThrow().applicationProtocol()).isEmpty();
      assertThat(outbound.endpoint().metrics().snapshot().closes())
          .containsEntry("no_application_protocol", 1L);
    }
  }

  @ParameterizedTest
  @CsvSource({"true, b", "false, a"})
  void theServerChoosesOneOfSeveralProtocolsAndTheLastIsSpokenWhereItDoesNot(
      boolean choosing, String chosen) throws Exception {
    ClientProbe a = new ClientProbe();
    ClientProbe b = new ClientProbe();
    if (choosing) {
      probe.alpn("b", "a");
    }
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      OutboundConnector connector =
          node.outbound(
                  OutboundSettings.defaults(),
                  ClientCertificates.NONE,
                  name ->
                      ClientSide.of(
                          name, name.equals("A") ? a : b, Execution.EVENT_LOOP, alpn(name), null))
              .connector();
      OutboundConnection<? extends Session> made =
          connected(connector.connect(target(server), trusting(), List.of("B", "A")));
      assertThat(made.session()).isIn(chosen.equals("a") ? a.sessions : b.sessions);
      assertThat(
              node.transport
                  .connections()
                  .page(ConnectionFilter.ofInterface("outbound"), Long.MIN_VALUE, 10))
          .singleElement()
          .satisfies(view -> assertThat(view.protocol()).isEqualToIgnoringCase(chosen));
    }
  }

  private static List<String> alpn(String name) {
    return List.of(name.toLowerCase(Locale.ROOT));
  }

  // ---- peers that end

  @ParameterizedTest
  @CsvSource({"true, peer_closed", "false, peer_reset"})
  void anEndThatTlsDoesNotAnnounceIsNotAnOrderlyOne(boolean announced, String reason)
      throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(TestCertificates.SERVER.toKeyManagerFactory().getKeyManagers(), null, null);
    try (TestNode node = new TestNode();
        ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      CompletableFuture<OutboundConnection<Probe.Peer>> stage =
          node.outbound()
              .connect(new OutboundTarget("127.0.0.1", listener.getLocalPort()), trusting(), client)
              .toCompletableFuture();
      try (Socket plain = listener.accept()) {
        SSLSocket secure = (SSLSocket) context.getSocketFactory().createSocket(plain, null, false);
        secure.setUseClientMode(false);
        secure.getOutputStream().write("said".getBytes(US_ASCII));
        client.awaitReceived("said");
        if (announced) {
          secure.close();
        }
      }
      assertThat(connected(stage).session().end().code()).isEqualTo(reason);
    }
  }

  // ---- peers that do not do TLS

  @Test
  void aServerThatNeverAnswersTheHelloTimesOut() throws Exception {
    try (TestNode node = new TestNode();
        ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      OutboundOptions brief =
          OutboundOptions.builder()
              .tls(OutboundTls.builder().trustFile(TestCertificates.TRUSTED).build())
              .handshakeTimeout(Duration.ofMillis(300))
              .build();
      OutboundConnections outbound =
          node.outbound(OutboundSettings.defaults(), ClientCertificates.NONE);
      OutboundException late =
          client.failure(
              outbound
                  .connector()
                  .connect(
                      target((InetSocketAddress) silent.getLocalSocketAddress()), brief, client));
      assertThat(late.kind()).isEqualTo(Kind.HANDSHAKE_TIMEOUT);
      assertThat(outbound.endpoint().metrics().snapshot().errors())
          .containsEntry("handshake_timeout", 1L);
      TestNode.await("the end is recorded", () -> outbound.endpoint().unfinished() == 0);
      assertThat(outbound.endpoint().metrics().snapshot().closes())
          .containsEntry("handshake_timeout", 1L);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"220 not tls at all\r\n", ""})
  void aServerThatDoesNotDoTlsFailsTheHandshake(String says) throws Exception {
    try (TestNode node = new TestNode();
        ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Void> served =
          WireClient.later(
              () -> {
                try (var accepted = listener.accept()) {
                  // Read first: closing before would be a reset.
                  accepted.getInputStream().read(new byte[5]);
                  accepted.getOutputStream().write(says.getBytes(US_ASCII));
                }
                return null;
              });
      OutboundException failed =
          client.failure(
              node.outbound()
                  .connect(
                      target((InetSocketAddress) listener.getLocalSocketAddress()),
                      trusting(),
                      client));
      assertThat(failed.kind()).isEqualTo(Kind.HANDSHAKE_FAILED);
      served.join();
    }
  }

  // ---- a peer that we did not write

  @ParameterizedTest
  @CsvSource({"-tls1_2, TLSv1.2", "-tls1_3, TLSv1.3"})
  void openssl(String option, String version) throws Exception {
    try (TestNode node = new TestNode();
        OpensslServer server = new OpensslServer(option, "-alpn", "rev")) {
      OutboundConnection<Probe.Peer> made =
          connected(
              node.outbound()
                  .connect(target(server.address()), trusting(tls -> tls.alpn("rev")), client));
      made.session().write("abc\n".getBytes(US_ASCII));
      client.awaitReceived("cba\n");
      TlsInfo tls = made.context().tls().orElseThrow();
      assertThat(tls.version()).isEqualTo(version);
      assertThat(tls.applicationProtocol()).contains("rev");
      made.session().close();
    }
  }

  @Test
  void anOldVersionIsNotSpoken() throws Exception {
    try (TestNode node = new TestNode();
        OpensslServer server = new OpensslServer("-tls1_1", "-cipher", "ALL:@SECLEVEL=0")) {
      OutboundException failed =
          client.failure(node.outbound().connect(target(server.address()), trusting(), client));
      assertThat(failed.kind()).isEqualTo(Kind.HANDSHAKE_FAILED);
    }
  }

  private OpenSslServer serve(TestNode node, X509Bundle bundle) throws Exception {
    Path chain = folder.resolve("own.pem");
    Path key = folder.resolve("own.key");
    Files.writeString(chain, bundle.getCertificatePEM());
    Files.writeString(key, bundle.getPrivateKeyPEM());
    return node.serve(probe).certificate(chain, key).listen();
  }

  /** What the server's record says of the alert that it got. */
  private static void assertHeard(TestNode node, OpenSslServer server, String alert) {
    TestNode.await("the server's end", () -> server.endpoint().unfinished() == 0);
    assertThat(
            node.transport
                .connections()
                .closeRecords()
                .latest(10, each -> each.interfaceName().equals(server.options().name())))
        .singleElement()
        .satisfies(each -> assertThat(each.note().orElseThrow()).contains(alert));
  }
}
