// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.session.bridge.CertificateVersion;
import dev.sluice.session.bridge.ConnectionFilter;
import dev.sluice.transport.epoll.tls.ServedCertificate;
import dev.sluice.transport.epoll.tls.ServerIdentity;
import dev.sluice.transport.epoll.tls.TlsContextRef;
import dev.sluice.transport.epoll.tls.TlsPolicy;
import io.netty.handler.ssl.SslContext;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A certificate is replaced for new connections, and lives as long as the old ones do. */
class TlsContextRefTest {

  private static final X509Bundle OLD = TestCertificates.server("old.example");
  private static final X509Bundle NEW = TestCertificates.server("new.example");

  private final TlsContextRef certificates = new TlsContextRef(List.of("service"), false);

  @Test
  void anOldConnectionKeepsItsCertificateUntilItEndsAndANewOneHasTheNew() throws Exception {
    try (TestNode node = new TestNode()) {
      SslContext first = ServerNameTest.put(certificates, "service", 1, OLD);
      OpenSslServer server = node.serve(new Probe()).tls(certificates).listen();
      try (RecordClient early = client(server);
          RecordClient alsoEarly = client(server)) {
        assertThat(subject(early)).isEqualTo("CN=old.example");
        assertThat(versions(node)).containsOnly("service#1");

        final SslContext second = ServerNameTest.put(certificates, "service", 2, NEW);
        try (RecordClient late = client(server)) {
          assertThat(subject(late)).isEqualTo("CN=new.example");
          assertThat(versions(node))
              .containsExactlyInAnyOrder("service#1", "service#1", "service#2");
          assertEchoes(early);
          assertEchoes(late);
          assertThat(ReferenceCountUtil.refCnt(first)).isPositive();
          assertThat(certificates.retired("service")).isEqualTo(1);

          early.hangUp();
          TestNode.await("one ends", () -> server.endpoint().unfinished() == 2);
          assertEchoes(alsoEarly);
          assertThat(ReferenceCountUtil.refCnt(first)).isPositive();

          alsoEarly.hangUp();
          TestNode.await("it is freed", () -> ReferenceCountUtil.refCnt(first) == 0);
          assertThat(certificates.retired("service")).isZero();
          assertEchoes(late);
        }
        assertThat(ReferenceCountUtil.refCnt(second)).isPositive();
        certificates.close();
        TestNode.await("so is the other", () -> ReferenceCountUtil.refCnt(second) == 0);
      }
    }
  }

  @Test
  void oneWithoutConnectionsIsFreedAtOnce() throws Exception {
    SslContext first = ServerNameTest.put(certificates, "service", 1, OLD);
    SslContext second = ServerNameTest.put(certificates, "service", 2, NEW);
    assertThat(ReferenceCountUtil.refCnt(first)).isZero();
    assertThat(certificates.retired("service")).isZero();
    assertThat(ReferenceCountUtil.refCnt(second)).isEqualTo(1);
    certificates.close();
    certificates.close();
    assertThat(ReferenceCountUtil.refCnt(second)).isZero();
  }

  @Test
  void whatComesAfterTheEndOrForAnotherInterfaceIsFreed() throws Exception {
    ServerNameTest.put(certificates, "service", 1, OLD);
    SslContext foreign = context();
    assertThatThrownBy(
            () -> certificates.put(new CertificateVersion("other", 1), foreign, List.of()))
        .isInstanceOf(IllegalStateException.class);
    assertThat(ReferenceCountUtil.refCnt(foreign)).isZero();

    certificates.close();
    SslContext late = context();
    assertThatThrownBy(
            () -> certificates.put(new CertificateVersion("service", 2), late, List.of()))
        .isInstanceOf(IllegalStateException.class);
    assertThat(ReferenceCountUtil.refCnt(late)).isZero();
    assertThat(certificates.available()).isFalse();
    assertThatThrownBy(() -> certificates.acquire(Optional.empty()))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void contextAndVersionBelongTogetherHoweverOftenTheyAreReplaced() throws Exception {
    List<SslContext> made = new ArrayList<>();
    made.add(ServerNameTest.put(certificates, "service", 1, OLD));
    var reading =
        WireClient.later(
            () -> {
              long last = 0;
              while (last < 100) {
                ServedCertificate served = certificates.acquire(Optional.of("old.example"));
                assertThat(served.version().generation()).isGreaterThanOrEqualTo(last);
                last = served.version().generation();
                synchronized (made) {
                  assertThat(made.size()).isGreaterThanOrEqualTo((int) last);
                  assertThat(made.get((int) last - 1)).isSameAs(served.context());
                }
                ReferenceCountUtil.release(served.context());
              }
              return last;
            });
    for (int generation = 2; generation <= 100; generation++) {
      synchronized (made) {
        made.add(
            ServerNameTest.put(
                certificates, "service", generation, generation % 2 == 0 ? NEW : OLD));
      }
    }
    assertThat(reading.get()).isEqualTo(100);
    certificates.close();
    assertThat(made).allMatch(context -> ReferenceCountUtil.refCnt(context) == 0);
  }

  @Test
  void handshakesAreCountedAndToldWithTheCertificate() throws Exception {
    Logger logger =
        (Logger) LoggerFactory.getLogger("dev.sluice.transport.epoll.stream.ChannelWire");
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    Level before = logger.getLevel();
    logger.setLevel(Level.DEBUG);
    logger.addAppender(log);
    try (TestNode node = new TestNode()) {
      ServerNameTest.put(certificates, "service", 3, OLD);
      OpenSslServer server = node.serve(new Probe()).tls(certificates).listen();
      try (RecordClient one = client(server);
          RecordClient two = client(server)) {
        assertEchoes(one);
        assertEchoes(two);
      }
      assertThat(server.endpoint().metrics().snapshot().handshakes())
          .containsExactly(entry("TLSv1.3 TLS_AES_128_GCM_SHA256 X25519", 2L));
      assertThat(List.copyOf(log.list))
          .extracting(ILoggingEvent::getFormattedMessage)
          .filteredOn(line -> line.endsWith("with certificate service#3"))
          .hasSize(2)
          .allMatch(line -> line.contains(": TLSv1.3 TLS_AES_128_GCM_SHA256 X25519 with "));
    } finally {
      logger.detachAppender(log);
      logger.setLevel(before);
    }
  }

  private static SslContext context() throws Exception {
    return TlsPolicy.server(
        ServerIdentity.read(TestCertificates.SERVER_CHAIN, TestCertificates.SERVER_KEY),
        TlsPolicy.ClientAuthentication.NONE,
        List.of(),
        List.of());
  }

  private static RecordClient client(OpenSslServer server) throws IOException {
    SSLEngine engine = TestCertificates.clientContext(null).createSSLEngine();
    engine.setEnabledProtocols(new String[] {"TLSv1.3"});
    engine.setEnabledCipherSuites(new String[] {"TLS_AES_128_GCM_SHA256"});
    return new RecordClient(server, engine);
  }

  private static String subject(RecordClient client) throws IOException {
    return ((X509Certificate) client.engine.getSession().getPeerCertificates()[0])
        .getSubjectX500Principal()
        .getName();
  }

  private static List<String> versions(TestNode node) {
    return node.transport.connections().page(ConnectionFilter.ALL, Long.MIN_VALUE, 1000).stream()
        .map(view -> view.certificate().map(String::valueOf).orElse("null"))
        .toList();
  }

  private static void assertEchoes(RecordClient client) throws IOException {
    client.send(client.seal(new byte[] {1, 2, 3}));
    assertThat(client.read(3)).containsExactly(1, 2, 3);
  }
}
