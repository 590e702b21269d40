// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.TlsInfo;
import dev.sluice.session.bridge.EndpointMetrics;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.handler.ssl.OpenSslContextOption;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A handshake gives client and session what they agreed on. */
class TlsHandshakeTest {

  private static final byte[] HELLO = "hello".getBytes(US_ASCII);

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void bothVersionsServe(String version) throws Exception {
    Probe probe = new Probe();
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      try (RecordClient client = client(server, p -> p.setProtocols(new String[] {version}))) {
        assertEchoes(client);
        assertThat(tls(probe).version()).isEqualTo(version);
        assertThat(client.engine.getSession().getProtocol()).isEqualTo(version);
      }
    }
  }

  @Test
  void theWholeChainIsServedToAClientThatTrustsTheRootAlone() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(new Probe()).tls().listen();
      try (SSLSocket client = (SSLSocket) TestNode.connect(server)) {
        assertThat(client.getSession().getPeerCertificates())
            .containsExactly(
                TestCertificates.SERVER.getCertificate(),
                TestCertificates.INTERMEDIATE.getCertificate());
      }
    }
  }

  @Test
  void theSessionIsToldWhatWasAgreedOn() throws Exception {
    Probe probe = new Probe().alpn("one", "two");
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      Consumer<SSLParameters> asked =
          p -> {
            p.setServerNames(List.of(new SNIHostName("some.name.example")));
            p.setApplicationProtocols(new String[] {"two"});
            p.setProtocols(new String[] {"TLSv1.3"});
            p.setCipherSuites(new String[] {"TLS_CHACHA20_POLY1305_SHA256"});
          };
      try (RecordClient client = client(server, asked)) {
        assertEchoes(client);
      }
      TlsInfo tls = tls(probe);
      assertThat(tls.serverName()).contains("some.name.example");
      assertThat(tls.applicationProtocol()).contains("two");
      assertThat(tls.version()).isEqualTo("TLSv1.3");
      assertThat(tls.cipherSuite()).isEqualTo("TLS_CHACHA20_POLY1305_SHA256");
      assertThat(tls.group()).contains("X25519");
      assertThat(tls.peerCertificates()).isEmpty();
      assertThat(probe.session().context.secure()).isTrue();
    }
  }

  @Test
  void whatTheClientLeavesOpenIsToldAsAbsent() throws Exception {
    Probe probe = new Probe().alpn("one");
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      try (RecordClient client = client(server, p -> p.setServerNames(List.of()))) {
        assertEchoes(client);
      }
      assertThat(tls(probe).serverName()).isEmpty();
      assertThat(tls(probe).applicationProtocol()).isEmpty();
    }
  }

  @Test
  void aPostQuantumGroupIsPreferredWhereTheClientHasIt() throws Exception {
    Probe probe = new Probe();
    SslContext context =
        SslContextBuilder.forClient()
            .sslProvider(SslProvider.OPENSSL_REFCNT)
            .trustManager(TestCertificates.ROOT.getCertificate())
            .option(OpenSslContextOption.GROUPS, new String[] {"X25519", "P-256", "X25519MLKEM768"})
            .build();
    SSLEngine engine = context.newEngine(UnpooledByteBufAllocator.DEFAULT, "localhost", 1);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      try (RecordClient client = new RecordClient(server, engine)) {
        assertEchoes(client);
      }
      assertThat(tls(probe).group()).contains("X25519MLKEM768");
    } finally {
      ReferenceCountUtil.release(engine);
      ReferenceCountUtil.release(context);
    }
  }

  @ParameterizedTest
  @CsvSource({"'one,two', one", "'two,one', one", "'three,two', two"})
  void theServersOrderChoosesAmongTheNamesThatBothHave(String offered, String chosen)
      throws Exception {
    Probe probe = new Probe().alpn("one", "two");
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      try (RecordClient client =
          client(server, p -> p.setApplicationProtocols(offered.split(",")))) {
        assertEchoes(client);
        assertThat(client.engine.getApplicationProtocol()).isEqualTo(chosen);
      }
      assertThat(tls(probe).applicationProtocol()).contains(chosen);
    }
  }

  @Test
  void aProtocolWithoutNamesIgnoresThoseThatAClientOffers() throws Exception {
    Probe probe = new Probe();
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      try (RecordClient client =
          client(server, p -> p.setApplicationProtocols(new String[] {"whatever"}))) {
        assertEchoes(client);
        assertThat(client.engine.getApplicationProtocol()).isEmpty();
      }
      assertThat(tls(probe).applicationProtocol()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"localhost", "::1", "127.0.0.1"})
  void everyKindOfLoopbackAddressServes(String address) throws Exception {
    InetAddress bound = InetAddress.getByName(address);
    Assumptions.assumeTrue(
        NetworkInterface.getByInetAddress(bound) != null, "this machine has no " + address);
    Probe probe = new Probe();
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().address(bound).listen();
      try (RecordClient client = client(server, p -> {})) {
        assertEchoes(client);
        InetSocketAddress remote = (InetSocketAddress) probe.session().context.remoteAddress();
        assertThat(remote.getAddress()).isEqualTo(bound);
        assertThat(remote.getPort()).isEqualTo(client.socket.getLocalPort());
        assertThat(probe.session().context.localAddress()).isEqualTo(server.address());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void aClientThatDoesNotTrustTheServerIsCountedAsAFailedHandshake(String version)
      throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(new Probe()).tls().listen();
      try (SSLSocket client = (SSLSocket) SSLSocketFactory.getDefault().createSocket()) {
        client.setSoTimeout((int) TestNode.PATIENCE.toMillis());
        client.setEnabledProtocols(new String[] {version});
        client.connect(server.address());
        assertThatThrownBy(client::startHandshake).isInstanceOf(SSLException.class);
      }
      TestNode.await("it ends", () -> server.endpoint().unfinished() == 0);
      EndpointMetrics.Snapshot seen = server.endpoint().metrics().snapshot();
      assertThat(seen.errors()).containsEntry("tls_handshake", 1L).hasSize(1);
      assertThat(seen.closes()).containsEntry("tls_error", 1L).hasSize(1);
    }
  }

  private static RecordClient client(OpenSslServer server, Consumer<SSLParameters> asked)
      throws IOException {
    SSLEngine engine =
        TestCertificates.clientContext(null)
            .createSSLEngine("localhost", server.address().getPort());
    SSLParameters parameters = engine.getSSLParameters();
    asked.accept(parameters);
    engine.setSSLParameters(parameters);
    return new RecordClient(server, engine);
  }

  private static void assertEchoes(RecordClient client) throws IOException {
    client.send(client.seal(HELLO));
    assertThat(client.read(HELLO.length)).isEqualTo(HELLO);
  }

  private static TlsInfo tls(Probe probe) {
    return probe.session().context.tls().orElseThrow();
  }
}
