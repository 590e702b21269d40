// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.Execution;
import dev.sluice.api.ProtocolDetector;
import dev.sluice.session.bridge.CloseRecord;
import dev.sluice.session.bridge.ClosedBy;
import dev.sluice.session.bridge.ConnectionFilter;
import dev.sluice.session.bridge.ConnectionView;
import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.session.bridge.EndpointOptions;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Several protocols on one port with TLS: the client's ALPN chooses, in the server's order. */
class SharedTlsPortTest {

  private record Mark(String text) {}

  private final Probe first = naming("FIRST").alpn("a/2", "a/1");
  private final Probe second = naming("SECOND").alpn("b");

  /** Says its name before each echo. */
  private static Probe naming(String name) {
    return new Probe()
        .named(name)
        .onData((peer, data) -> peer.write(said(name, data.toString(US_ASCII))));
  }

  private static byte[] said(String name, String data) {
    return (name + ":" + data).getBytes(US_ASCII);
  }

  private TestNode.Interface both(TestNode node) {
    return node.serve(first).beside(second).tls();
  }

  @ParameterizedTest
  @CsvSource({
    "'b,a/1,a/2', a/2, FIRST",
    "'b,a/1', a/1, FIRST",
    "'x,b', b, SECOND",
    "'b', b, SECOND",
    "'a/2', a/2, FIRST"
  })
  void theServersOrderChooses(String offered, String chosen, String protocol) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = both(node).listen();
      try (RecordClient client = client(server, offered.split(","))) {
        assertThat(client.engine.getApplicationProtocol()).isEqualTo(chosen);
        assertServedBy(protocol, client);
      }
      Probe serving = protocol.equals("FIRST") ? first : second;
      assertThat(serving.session().context.tls().orElseThrow().applicationProtocol())
          .contains(chosen);
      assertThat(first.sessions.size() + second.sessions.size()).isEqualTo(1);
      assertThat(server.endpoint().metrics().snapshot().protocols())
          .isEqualTo(Map.of(protocol, 1L));
    }
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void whoOffersNoNameIsServedByTheDefault(boolean last) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = both(node).fallback(last ? second : first).listen();
      try (RecordClient client = client(server)) {
        assertThat(client.engine.getApplicationProtocol()).isEmpty();
        assertServedBy(last ? "SECOND" : "FIRST", client);
      }
    }
  }

  @Test
  void aDefaultWithoutNamesServesWhoOffersNoneAndNobodyElse() throws Exception {
    Probe plain = naming("PLAIN");
    try (TestNode node = new TestNode()) {
      OpenSslServer server = both(node).beside(plain).listen();
      try (RecordClient client = client(server)) {
        assertServedBy("PLAIN", client);
      }
      assertRefused(server, "x");
    }
  }

  @Test
  void namesThatNoneHasAreRefusedByAnAlert() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = both(node).listen();
      assertRefused(server, "x", "y");
      TestNode.await("it ends", () -> server.endpoint().unfinished() == 0);
      EndpointMetrics.Snapshot seen = server.endpoint().metrics().snapshot();
      assertThat(seen.closes()).isEqualTo(Map.of("no_application_protocol", 1L));
      assertThat(seen.protocols()).isEmpty();
      assertThat(Recorded.only(node).protocol()).isEqualTo("FIRST, SECOND");
    }
  }

  @Test
  void detectorsAreNotAskedUnderTls() throws Exception {
    first.detects(ProtocolDetector.ofPrefixes("hello"));
    try (TestNode node = new TestNode()) {
      OpenSslServer server = both(node).listen();
      try (RecordClient client = client(server)) {
        assertServedBy("SECOND", client);
      }
    }
  }

  @Test
  void eachHasItsOwnSettingsThreadsAndWordsOverTheCap() throws Exception {
    first.execution(Execution.WORKERS);
    List.of(first, second)
        .forEach(
            probe ->
                probe.onCapped(
                    peer -> {
                      peer.write(said(probe.name(), "busy"));
                      peer.close();
                    }));
    try (TestNode node = new TestNode()) {
      OpenSslServer server =
          node.serve(first)
              .settings(new Mark("one"))
              .beside(second)
              .settings(new Mark("two"))
              .tls()
              .caps(2, 10)
              .listen();
      first.onData((peer, data) -> peer.write(Thread.currentThread().getName().getBytes(US_ASCII)));
      try (RecordClient one = client(server, "a/1");
          RecordClient two = client(server, "b")) {
        one.send(one.seal("?".getBytes(US_ASCII)));
        assertThat(one.read("sluice-worker".length()))
            .asString(US_ASCII)
            .startsWith("sluice-worker");
        assertServedBy("SECOND", two);
        assertThat(first.session().context.settings(Mark.class)).isEqualTo(new Mark("one"));
        assertThat(second.session().context.settings(Mark.class)).isEqualTo(new Mark("two"));
        assertSaysBusy(server, "FIRST", "a/2");
        assertSaysBusy(server, "SECOND", "b");
        assertSaysBusy(server, "SECOND");
      }
    }
  }

  private static void assertSaysBusy(OpenSslServer server, String protocol, String... offered)
      throws IOException {
    try (RecordClient client = client(server, offered)) {
      client.send(client.seal("hello".getBytes(US_ASCII)));
      byte[] expected = said(protocol, "busy");
      assertThat(client.read(expected.length)).isEqualTo(expected);
    }
  }

  @Test
  void whoSpeaksFirstDoesSoWhereItIsChosen() throws Exception {
    first.greets(peer -> peer.write("welcome".getBytes(US_ASCII)));
    try (TestNode node = new TestNode()) {
      OpenSslServer server = both(node).listen();
      try (RecordClient client = client(server, "a/1")) {
        assertThat(client.read(7)).asString(US_ASCII).isEqualTo("welcome");
      }
      try (RecordClient client = client(server, "b")) {
        assertServedBy("SECOND", client);
      }
      assertThat(first.sessions).hasSize(1);
    }
  }

  @Test
  void listsAndRecordsNameWhatWasChosen() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = both(node).listen();
      try (RecordClient client = client(server, "a/1")) {
        assertServedBy("FIRST", client);
        assertThat(node.transport.connections().page(ConnectionFilter.ALL, Long.MIN_VALUE, 10))
            .extracting(ConnectionView::protocol)
            .containsExactly("FIRST");
      }
      assertThat(Recorded.only(node).protocol()).isEqualTo("FIRST");
    }
  }

  @Test
  void aHandshakeThatNeverEndsIsNobodys() throws Exception {
    EndpointOptions.Limits defaults = EndpointOptions.Limits.defaults();
    try (TestNode node = new TestNode()) {
      OpenSslServer server =
          both(node)
              .limits(
                  Limits.times(
                      defaults.idleTimeout(),
                      Duration.ofMillis(300),
                      defaults.slowConsumerTimeout()))
              .listen();
      try (Socket silent = new Socket()) {
        silent.connect(server.address());
        CloseRecord record = Recorded.only(node);
        Recorded.assertTells(record, "handshake_timeout", ClosedBy.NODE, "handshake_timeout");
        assertThat(record.protocol()).isEqualTo("FIRST, SECOND");
      }
    }
  }

  private static void assertRefused(OpenSslServer server, String... offered) {
    assertThatThrownBy(() -> client(server, offered))
        .isInstanceOf(SSLException.class)
        .hasMessageContaining("no_application_protocol");
  }

  private static void assertServedBy(String protocol, RecordClient client) throws IOException {
    client.send(client.seal("hello".getBytes(US_ASCII)));
    byte[] expected = said(protocol, "hello");
    assertThat(client.read(expected.length)).asString(US_ASCII).isEqualTo(protocol + ":hello");
  }

  private static RecordClient client(OpenSslServer server, String... offered) throws IOException {
    SSLEngine engine =
        TestCertificates.clientContext(null)
            .createSSLEngine("localhost", server.address().getPort());
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setApplicationProtocols(offered);
    engine.setSSLParameters(parameters);
    return new RecordClient(server, engine);
  }
}
