// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.ConnId;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.outbound.ClientSessionFactory;
import dev.sluice.api.outbound.OutboundConnection;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.outbound.OutboundTls;
import dev.sluice.platform.Waiting.Side;
import dev.sluice.platform.operator.Scraped;
import dev.sluice.session.bridge.CertificateVersion;
import dev.sluice.session.bridge.ConnectionFilter;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Plug-ins call out of a node, and the node stops in order with what they have opened. */
class NodeOutboundTest {

  @TempDir Path folder;
  private NodeHouse house;

  @BeforeEach
  void build() {
    house = new NodeHouse(folder);
  }

  @AfterEach
  void close() {
    house.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"EVENT_LOOP", "WORKERS"})
  void aSessionCallsByAProtocolOfTheNode(String execution) throws Exception {
    house.plugin("PROBE", "execution=" + execution, "client=quits");
    Node node = house.serve("one", "PROBE").start();
    try (Client client = Client.plain(node.addresses().get("one"))) {
      assertThat(client.ask("call " + at(node, "one") + " PROBE hello")).isEqualTo("heard hello");
      assertThat(node.manager().outboundMetrics().snapshot().open()).isEqualTo(1);
      client.hangUp();
    }
    node.stop();
    assertThat(house.probe.events()).contains("PROBE client create").endsWith("PROBE stop");
    assertThat(node.drainReport().interfaces()).containsOnlyKeys("one", "outbound");
  }

  @Test
  void aProtocolWithAClientsSideIsStartedAlsoWhereNoInterfaceServesIt() {
    house.plugin("PROBE").plugin("CALLER", "client=quits").plugin("UNUSED");
    house.serve("one", "PROBE").start().stop();
    assertThat(house.probe.events())
        .containsExactly("PROBE start", "CALLER start", "CALLER stop", "PROBE stop");
  }

  @Test
  void whatIsNotThereOrServedOnlyIsNotSupported() throws Exception {
    Node node = house.plugin("PROBE").serve("one", "PROBE").start();
    try (Client client = Client.plain(node.addresses().get("one"))) {
      for (String protocol : List.of("PROBE", "NOWHERE")) {
        assertThat(client.ask("call " + at(node, "one") + " " + protocol + " hello"))
            .isEqualTo("failed NOT_SUPPORTED");
      }
    }
    OutboundConnector connector = node.manager().outbound().connector();
    OutboundTarget target = new OutboundTarget("127.0.0.1", 1);
    assertThat(messageOf(connector, target, "PROBE"))
        .isEqualTo("127.0.0.1:1: protocol PROBE is served only: it has no client's side");
    assertThat(messageOf(connector, target, "PROPE"))
        .contains("no protocol is named 'PROPE'", "PROBE");
  }

  private static String messageOf(
      OutboundConnector connector, OutboundTarget target, String protocol) {
    try {
      connector.connect(target, OutboundOptions.plaintext(), protocol).toCompletableFuture().join();
      throw new AssertionError("connected");
    } catch (CompletionException e) {
      return OutboundException.in(e).orElseThrow().getMessage();
    }
  }

  @Test
  void whatIsOpenedIsCountedByTargetAndWhatFailsLeavesARecord() throws Exception {
    house.plugin("PROBE", "client=quits").serve("one", "PROBE");
    NodePlan plan = house.plan();
    Node node = house.start(plan);
    String nobody;
    try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      nobody = "127.0.0.1:" + closed.getLocalPort();
    }
    OperatedView view = new OperatedView(node, plan, node.manager().transport());
    try (Client client = Client.plain(node.addresses().get("one"));
        Scraped scraped = new Scraped(view)) {
      assertThat(client.ask("call " + at(node, "one") + " PROBE hello")).isEqualTo("heard hello");
      assertThat(client.ask("call " + nobody + " PROBE hello")).isEqualTo("failed REFUSED");
      assertThat(scraped.text("text/plain"))
          .contains(
              "sluice_outbound_open{target=\"" + at(node, "one") + "\"} 1.0",
              "sluice_outbound_attempts_total{target=\"" + nobody + "\"} 1.0",
              "sluice_outbound_failures_total{kind=\"refused\",target=\"" + nobody + "\"} 1.0",
              "sluice_outbound_pool_waiting{target=\"" + nobody + "\"} 0.0");
      assertThat(view.transport().connections().closeRecords().latest(10))
          .anySatisfy(
              record -> {
                assertThat(record.reason()).isEqualTo("refused");
                assertThat(record.remote()).contains(nobody);
              });
      client.hangUp();
    }
    node.stop();
  }

  @Test
  void noneIsOpenedWhereNoneMayBe() throws Exception {
    house.plugin("PROBE", "client=quits").set("outbound: { max_connections: 0 }");
    Node node = house.serve("one", "PROBE").start();
    try (Client client = Client.plain(node.addresses().get("one"))) {
      assertThat(client.ask("call " + at(node, "one") + " PROBE hello"))
          .isEqualTo("failed LOCAL_LIMIT");
    }
  }

  @Test
  void aRequestInHandMayCallOutWhileTheNodeDrains() throws Exception {
    house.plugin("PROBE", "client=quits").set("drain_timeout: 1h");
    Node node = house.serve("one", "PROBE").start();
    try (Client client = Client.plain(node.addresses().get("one"));
        Echo echo = new Echo()) {
      assertThat(client.ask("drain later")).isEqualTo("drain later");
      Side<Boolean> stop = Side.run(node::stop);
      house.probe.awaitEvent("PROBE drain later");
      assertThat(client.ask("call " + echo.address() + " PROBE hello")).isEqualTo("heard hello");
      house.probe.release("drain");
      // To its end: a client that left at the word might be quicker than the session's close.
      assertThat(client.hearAll()).isEqualTo("done\n");
      client.hangUp();
      assertThat(stop.result()).isTrue();
    }
    assertThat(house.probe.events())
        .containsSubsequence(
            "PROBE drain later",
            "PROBE client create",
            "PROBE closed session_closed",
            "PROBE client drain",
            "PROBE client closed session_closed",
            "PROBE stop");
    assertThat(node.drainReport().interfaces().get("outbound").finished()).isEqualTo(1);
  }

  @Test
  void whatDoesNotFinishIsCutOffAtTheDeadline() throws Exception {
    house.plugin("PROBE", "client=stays").set("drain_timeout: 500ms");
    Node node = house.serve("one", "PROBE").start();
    try (Client client = Client.plain(node.addresses().get("one"));
        Echo echo = new Echo()) {
      assertThat(client.ask("call " + echo.address() + " PROBE hello")).isEqualTo("heard hello");
      client.hangUp();
      long begun = System.nanoTime();
      node.stop();
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofMillis(490));
    }
    assertThat(node.drainReport().interfaces().get("outbound").aborted()).isEqualTo(1);
    assertThat(house.probe.events())
        .containsSubsequence("PROBE client drain", "PROBE client closed drain_deadline");
  }

  @Test
  void theNodesOwnCertificateIsShownAsItIsNow() throws Exception {
    DevelopmentCertificate own = house.certificate();
    Node node =
        house.plugin("PROBE").serve("one", "PROBE", "endorsement: { authority: service }").start();
    OutboundOptions options =
        OutboundOptions.builder()
            .tls(
                OutboundTls.builder()
                    .trustFile(folder.resolve("cert.pem"))
                    .certificate("service")
                    .build())
            .build();
    OutboundConnector connector = node.manager().outbound().connector();
    ConnId first = connect(connector, target(node, "one"), options);
    assertThat(own.certificatePem()).isNotEmpty();
    DevelopmentCertificate next =
        DevelopmentCertificate.create(List.of("localhost", "127.0.0.1"), Duration.ofDays(1));
    node.certificates().replace("service", next.certificatePem(), next.privateKeyPem());
    OutboundOptions trustingNext =
        OutboundOptions.builder()
            .tls(OutboundTls.builder().insecureNoVerification().certificate("service").build())
            .build();
    ConnId second = connect(connector, target(node, "one"), trustingNext);
    assertThat(shownBy(node, first)).isEqualTo(new CertificateVersion("service", 1));
    assertThat(shownBy(node, second)).isEqualTo(new CertificateVersion("service", 2));
  }

  private static CertificateVersion shownBy(Node node, ConnId id) {
    return node.manager()
        .transport()
        .connections()
        .page(ConnectionFilter.ofInterface("outbound"), id.value() - 1, 1)
        .get(0)
        .certificate()
        .orElseThrow();
  }

  private static ConnId connect(
      OutboundConnector connector, OutboundTarget target, OutboundOptions options)
      throws Exception {
    ClientSessionFactory<Session> silent =
        ClientSessionFactory.of("SILENT", Execution.EVENT_LOOP, (id, writer) -> new Silent());
    OutboundConnection<Session> made =
        connector
            .connect(target, options, silent)
            .toCompletableFuture()
            .get(Waiting.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
    return made.id();
  }

  private static final class Silent implements Session {
    @Override
    public void handleIncomingData(ByteBuf data) {}

    @Override
    public boolean sendData(ByteBuf data) {
      return false;
    }

    @Override
    public void closeSession() {}
  }

  private static OutboundTarget target(Node node, String name) {
    InetSocketAddress address = node.addresses().get(name);
    return new OutboundTarget("127.0.0.1", address.getPort());
  }

  private static String at(Node node, String name) {
    return target(node, name).toString();
  }

  /** Somebody else's server, which outlives the node's interfaces. */
  private static final class Echo implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());

    Echo() throws Exception {
      Thread thread =
          new Thread(
              () -> {
                try (Socket accepted = listener.accept();
                    InputStream in = accepted.getInputStream()) {
                  in.transferTo(accepted.getOutputStream());
                } catch (IOException ended) {
                  // The end of the test.
                }
              },
              "test-echo");
      thread.setDaemon(true);
      thread.start();
    }

    String address() {
      return "127.0.0.1:" + listener.getLocalPort();
    }

    @Override
    public void close() throws IOException {
      listener.close();
    }
  }
}
