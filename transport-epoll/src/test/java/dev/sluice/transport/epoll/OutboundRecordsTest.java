// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static dev.sluice.transport.epoll.ClientProbe.connected;
import static dev.sluice.transport.epoll.ClientProbe.target;
import static dev.sluice.transport.epoll.OutboundConnectTest.closedPort;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.outbound.OutboundConnection;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.outbound.OutboundException.Kind;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundPool;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.outbound.OutboundTls;
import dev.sluice.session.bridge.CloseRecord;
import dev.sluice.session.bridge.ClosedBy;
import dev.sluice.transport.epoll.outbound.OutboundConnections;
import dev.sluice.transport.epoll.outbound.OutboundSettings;
import dev.sluice.transport.epoll.outbound.TargetFigures;
import dev.sluice.transport.epoll.tls.ClientCertificates;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What an operator finds of connections that the node has opened, or tried to. */
class OutboundRecordsTest {

  private static final OutboundOptions PLAIN = OutboundOptions.plaintext();

  private final Probe probe = new Probe();
  private final ClientProbe client = new ClientProbe();

  /** The node keeps them weakly. */
  private final List<Supplier<List<OutboundPool>>> shown = new ArrayList<>();

  private static OutboundOptions brief() {
    return OutboundOptions.builder().plaintext().connectTimeout(Duration.ofMillis(200)).build();
  }

  private static OutboundConnections open(TestNode node, OutboundSettings settings) {
    return node.outbound(settings, ClientCertificates.NONE);
  }

  private static List<CloseRecord> records(TestNode node) {
    return node.transport.connections().closeRecords().latest(100);
  }

  private static TargetFigures of(OutboundConnections outbound, String name) {
    return outbound.figures().stream()
        .filter(figures -> figures.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private Kind fails(OutboundConnector by, OutboundTarget to, OutboundOptions how)
      throws Exception {
    ClientProbe none = new ClientProbe();
    return none.failure(by.connect(to, how, none)).kind();
  }

  @Test
  void aTargetThatRefusesLeavesARecordThatSaysSo() throws Exception {
    try (TestNode node = new TestNode()) {
      OutboundTarget nobody = new OutboundTarget("127.0.0.1", closedPort());
      assertThat(fails(node.outbound(), nobody, PLAIN)).isEqualTo(Kind.REFUSED);
      assertThat(records(node))
          .singleElement()
          .satisfies(
              record -> {
                assertThat(record.id()).isZero();
                assertThat(record.interfaceName()).isEqualTo("outbound");
                assertThat(record.protocol()).isEqualTo(client.name());
                assertThat(record.remote()).contains(nobody.toString());
                assertThat(record.reason()).isEqualTo("refused");
                assertThat(record.closedBy()).isEqualTo(ClosedBy.PEER);
                assertThat(record.limit()).isEmpty();
                assertThat(record.note().orElseThrow()).contains("Connection refused");
                assertThat(record.count()).isEqualTo(1);
              });
    }
  }

  @Test
  void failuresOfOneTargetWithinASecondShareARecord() throws Exception {
    try (TestNode node = new TestNode()) {
      OutboundConnector connector = node.outbound();
      OutboundTarget one = new OutboundTarget("127.0.0.1", closedPort());
      OutboundTarget two = new OutboundTarget("127.0.0.1", 1);
      for (int i = 0; i < 20; i++) {
        assertThat(fails(connector, one, PLAIN)).isEqualTo(Kind.REFUSED);
        assertThat(fails(connector, two, PLAIN)).isEqualTo(Kind.REFUSED);
      }
      List<CloseRecord> records = records(node);
      assertThat(records.stream().mapToLong(CloseRecord::count).sum()).isEqualTo(40);
      // As many seconds as it took, and one more of each.
      assertThat(records).hasSizeLessThan(20);
    }
  }

  @Test
  void silenceAnUnknownNameAndALimitOfTheNodeLeaveOneToo() throws Exception {
    try (TestNode node = new TestNode();
        NameServer names = new NameServer();
        Sinkhole sinkhole = new Sinkhole(InetAddress.getLoopbackAddress(), 0)) {
      OutboundSettings defaults = OutboundSettings.defaults();
      OutboundConnector connector =
          open(
                  node,
                  new OutboundSettings(
                      1,
                      Duration.ofMillis(200),
                      defaults.limits(),
                      names.settings().nameServers(),
                      defaults.userTimeout()))
              .connector();
      assertThat(fails(connector, target(sinkhole.address()), brief()))
          .isEqualTo(Kind.CONNECT_TIMEOUT);
      assertThat(records(node).get(0).reason()).isEqualTo("connect_timeout");
      assertThat(records(node).get(0).limit()).isEmpty();
      assertThat(records(node).get(0).age()).isGreaterThanOrEqualTo(Duration.ofMillis(190));

      OutboundTarget nowhere = new OutboundTarget("nowhere.test", 80);
      assertThat(fails(connector, nowhere, PLAIN)).isEqualTo(Kind.NAME_NOT_RESOLVED);
      assertThat(records(node).get(0).reason()).isEqualTo("name_not_resolved");
      assertThat(records(node).get(0).remote()).contains("nowhere.test:80");
      assertThat(records(node).get(0).closedBy()).isEqualTo(ClosedBy.NODE);

      OpenSslServer server = node.serve(probe).listen();
      connected(connector.connect(target(server), PLAIN, client));
      assertThat(fails(connector, nowhere, PLAIN)).isEqualTo(Kind.LOCAL_LIMIT);
      assertThat(records(node).get(0).reason()).isEqualTo("local_limit");
      assertThat(records(node).get(0).limit()).contains("outbound.max_connections");
    }
  }

  @Test
  void theNodesOwnConnectTimeoutIsNamed() throws Exception {
    try (TestNode node = new TestNode();
        Sinkhole sinkhole = new Sinkhole(InetAddress.getLoopbackAddress(), 0)) {
      OutboundSettings defaults = OutboundSettings.defaults();
      OutboundConnector connector =
          open(
                  node,
                  new OutboundSettings(
                      10,
                      Duration.ofMillis(200),
                      defaults.limits(),
                      List.of(),
                      defaults.userTimeout()))
              .connector();
      fails(connector, target(sinkhole.address()), PLAIN);
      assertThat(records(node).get(0).limit()).contains("outbound.connect_timeout");
    }
  }

  @Test
  void aCertificateThatIsNotThereLeavesOne() throws Exception {
    try (TestNode node = new TestNode()) {
      OutboundOptions showing =
          OutboundOptions.builder().tls(OutboundTls.builder().certificate("none").build()).build();
      assertThat(fails(node.outbound(), new OutboundTarget("127.0.0.1", 1), showing))
          .isEqualTo(Kind.CREDENTIALS_UNAVAILABLE);
      assertThat(records(node))
          .singleElement()
          .extracting(CloseRecord::reason)
          .isEqualTo("credentials_unavailable");
    }
  }

  /** The connection was there, and its end has a record as any other. */
  @Test
  void aHandshakeThatFailsLeavesOneAlone() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      assertThat(
              fails(
                  node.outbound(),
                  target(server),
                  OutboundOptions.builder().handshakeTimeout(Duration.ofMillis(300)).build()))
          .isIn(Kind.HANDSHAKE_TIMEOUT, Kind.HANDSHAKE_FAILED);
      TestNode.await(
          "its record",
          () -> records(node).stream().anyMatch(one -> one.interfaceName().equals("outbound")));
      assertThat(records(node))
          .filteredOn(one -> one.interfaceName().equals("outbound"))
          .singleElement()
          .satisfies(
              record -> {
                assertThat(record.id()).isNegative();
                assertThat(record.reason()).isIn("handshake_timeout", "tls_error");
              });
    }
  }

  @Test
  void whatNobodyWantsAnyMoreLeavesNone() throws Exception {
    try (TestNode node = new TestNode();
        Sinkhole sinkhole = new Sinkhole(InetAddress.getLoopbackAddress(), 0)) {
      OutboundConnections outbound = open(node, OutboundSettings.defaults());
      CompletableFuture<?> stage =
          outbound
              .connector()
              .connect(target(sinkhole.address()), PLAIN, client)
              .toCompletableFuture();
      stage.cancel(true);
      TestNode.await("a place", () -> outbound.endpoint().metrics().snapshot().open() == 0);
      assertThat(records(node)).isEmpty();
      assertThat(of(outbound, target(sinkhole.address()).toString()).open()).isZero();
    }
  }

  // ---- by target

  @Test
  void eachTargetIsCountedByItsName() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      OutboundConnections outbound = open(node, OutboundSettings.defaults());
      OutboundTarget nobody = new OutboundTarget("127.0.0.1", closedPort());
      OutboundConnection<Probe.Peer> made =
          connected(outbound.connector().connect(target(server), PLAIN, client));
      fails(outbound.connector(), nobody, PLAIN);
      TargetFigures served = of(outbound, target(server).toString());
      assertThat(served.open()).isEqualTo(1);
      assertThat(served.attempts()).isEqualTo(1);
      assertThat(served.failures()).isEmpty();
      TargetFigures refused = of(outbound, nobody.toString());
      assertThat(refused.open()).isZero();
      assertThat(refused.attempts()).isEqualTo(1);
      assertThat(refused.failures()).containsEntry("refused", 1L).hasSize(1);
      made.session().close();
      TestNode.await("its end", () -> of(outbound, target(server).toString()).open() == 0);
      assertThat(outbound.figures()).hasSize(2);
    }
  }

  @Test
  void aBoundedNumberOfTargetsHasFiguresOfItsOwn() throws Exception {
    try (TestNode node = new TestNode()) {
      OutboundSettings defaults = OutboundSettings.defaults();
      OutboundConnections outbound =
          open(
              node,
              new OutboundSettings(
                  0,
                  defaults.connectTimeout(),
                  defaults.limits(),
                  defaults.nameServers(),
                  defaults.userTimeout()));
      for (int i = 1; i <= 300; i++) {
        fails(outbound.connector(), new OutboundTarget("Host-" + i + ".test", 80), PLAIN);
      }
      assertThat(outbound.figures()).hasSize(101);
      assertThat(of(outbound, "host-7.test:80").failures()).containsEntry("local_limit", 1L);
      assertThat(of(outbound, "other").failures()).containsEntry("local_limit", 200L);
    }
  }

  @Test
  void whatAPeerHasNamedCountsAmongTheOthers() throws Exception {
    try (TestNode node = new TestNode()) {
      OutboundConnections outbound = open(node, OutboundSettings.defaults());
      OutboundTarget nobody = new OutboundTarget("127.0.0.1", closedPort());
      OutboundOptions foreign = OutboundOptions.builder().plaintext().ofForeignTarget().build();
      fails(outbound.connector(), nobody, foreign);
      assertThat(outbound.figures())
          .singleElement()
          .satisfies(
              figures -> {
                assertThat(figures.name()).isEqualTo("other");
                assertThat(figures.failed()).isEqualTo(1);
              });
    }
  }

  @Test
  void whatClientsKeepIsAddedUp() throws Exception {
    try (TestNode node = new TestNode()) {
      OutboundConnections outbound = open(node, OutboundSettings.defaults());
      OutboundTarget nobody = new OutboundTarget("127.0.0.1", closedPort());
      fails(outbound.connector(), nobody, PLAIN);
      OutboundTarget other = new OutboundTarget("a.test", 1);
      Supplier<List<OutboundPool>> one =
          () ->
              List.of(
                  new OutboundPool(nobody, false, 1, 2, 3, 4),
                  new OutboundPool(other, true, 1, 1, 1, 1));
      Supplier<List<OutboundPool>> two =
          () -> List.of(new OutboundPool(nobody, false, 10, 20, 30, 40));
      Supplier<List<OutboundPool>> broken =
          () -> {
            throw new IllegalStateException("not today");
          };
      shown.addAll(List.of(one, broken, two));
      shown.forEach(outbound.connector()::showPools);
      TargetFigures figures = of(outbound, nobody.toString());
      assertThat(figures.pooled()).isEqualTo(11);
      assertThat(figures.connecting()).isEqualTo(22);
      assertThat(figures.requests()).isEqualTo(33);
      assertThat(figures.waiting()).isEqualTo(44);
      assertThat(of(outbound, "other").pooled()).isEqualTo(1);
    }
  }
}
