// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static dev.sluice.transport.epoll.ClientProbe.connected;
import static dev.sluice.transport.epoll.ClientProbe.target;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.Session;
import dev.sluice.api.Transport;
import dev.sluice.api.outbound.ClientSessionFactory;
import dev.sluice.api.outbound.OutboundConnection;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.outbound.OutboundException.Kind;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.session.bridge.ConnectionFilter;
import dev.sluice.transport.epoll.outbound.ClientSide;
import dev.sluice.transport.epoll.outbound.OutboundConnections;
import dev.sluice.transport.epoll.outbound.OutboundSettings;
import dev.sluice.transport.epoll.tls.ClientCertificates;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Connecting, and every way in which it fails before there is TLS. */
class OutboundConnectTest {

  private static final OutboundOptions PLAIN = OutboundOptions.plaintext();

  private static final InetAddress LOOPBACK_6 = NetUtil.LOCALHOST6;

  /** What options may give a client. */
  record Settings(int size) {}

  private final Probe probe = new Probe();
  private final ClientProbe client = new ClientProbe();

  @Test
  void aClientTalksToAServerOnTheSameBoundary() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      OutboundConnection<Probe.Peer> made =
          connected(node.outbound().connect(target(server), PLAIN, client));
      assertThat(made.session().write(bytes("hello"))).isTrue();
      client.awaitReceived("hello");
      made.session().close();
      assertThat(made.session().end()).isEqualTo(CloseReason.SESSION_CLOSED);
      assertThat(probe.session().end()).isEqualTo(CloseReason.PEER_CLOSED);
    }
  }

  @Test
  void theContextTellsOfTheConnectionThatWasOpened() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      OutboundOptions options =
          OutboundOptions.builder().plaintext().settings(new Settings(7)).build();
      OutboundConnection<Probe.Peer> made =
          connected(node.outbound().connect(target(server), options, client));
      assertThat(made.context()).isSameAs(made.session().context);
      assertThat(made.context().interfaceName()).isEqualTo("outbound");
      assertThat(made.context().transport()).isEqualTo(Transport.TCP);
      assertThat(made.context().remoteAddress()).isEqualTo(server.address());
      assertThat(made.context().secure()).isFalse();
      assertThat(made.context().settings(Settings.class)).isEqualTo(new Settings(7));
      assertThat(made.context().rpc().services()).isEmpty();
      made.session().write(bytes("x"));
      assertThat(probe.session().context.remoteAddress()).isEqualTo(made.context().localAddress());
    }
  }

  @Test
  void acceptedIdsArePositiveOpenedOnesNegativeAndNoNumberComesTwice() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      OutboundConnector connector = node.outbound();
      for (int i = 0; i < 3; i++) {
        connected(connector.connect(target(server), PLAIN, client)).session().write(bytes("x"));
      }
      TestNode.await("sessions", () -> probe.sessions.size() == 3);
      assertThat(client.sessions).allMatch(peer -> peer.id.value() < 0);
      assertThat(probe.sessions).allMatch(peer -> peer.id.value() > 0);
      List<Long> numbers =
          Stream.concat(client.sessions.stream(), probe.sessions.stream())
              .map(peer -> Math.abs(peer.id.value()))
              .toList();
      assertThat(numbers).doesNotHaveDuplicates().hasSize(6);
    }
  }

  @Test
  void aReplyFromOutsideReachesTheSessionThatItsIdNames() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      OutboundConnection<Probe.Peer> made =
          connected(node.outbound().connect(target(server), PLAIN, client));
      assertThat(node.transport.connections().reply(made.id(), false, bytes("out"))).isTrue();
      client.awaitReceived("out");
      assertThat(
              node.transport.connections().reply(ConnId.of(-made.id().value()), false, bytes("no")))
          .isFalse();
      assertThat(node.transport.connections().reply(probe.session().id, true, bytes("in")))
          .isTrue();
      client.awaitReceived("outin");
      assertThat(made.session().end()).isEqualTo(CloseReason.PEER_CLOSED);
      assertThat(node.transport.connections().reply(made.id(), false, bytes("late"))).isFalse();
    }
  }

  @Test
  void aPortThatNobodyListensOnRefuses() throws Exception {
    try (TestNode node = new TestNode()) {
      OutboundTarget closed = new OutboundTarget("127.0.0.1", closedPort());
      OutboundException refused = client.failure(node.outbound().connect(closed, PLAIN, client));
      assertThat(refused.kind()).isEqualTo(Kind.REFUSED);
      assertThat(refused).hasMessage(closed + ": " + closed + ": Connection refused");
    }
  }

  @Test
  void aHostThatDropsWhatItIsSentTimesOut() throws Exception {
    try (TestNode node = new TestNode();
        Sinkhole sinkhole = new Sinkhole(InetAddress.getLoopbackAddress(), 0)) {
      OutboundOptions brief =
          OutboundOptions.builder().plaintext().connectTimeout(Duration.ofMillis(400)).build();
      long begun = System.nanoTime();
      OutboundException late =
          client.failure(node.outbound().connect(target(sinkhole.address()), brief, client));
      assertThat(late.kind()).isEqualTo(Kind.CONNECT_TIMEOUT);
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(Duration.ofMillis(390));
    }
  }

  @Test
  void aNameIsLookedUp() throws Exception {
    try (TestNode node = new TestNode();
        NameServer names = new NameServer().knows("peer.test", "127.0.0.1")) {
      OpenSslServer server = node.serve(probe).listen();
      OutboundConnector connector =
          node.outbound(names.settings(), ClientCertificates.NONE).connector();
      OutboundConnection<Probe.Peer> made =
          connected(
              connector.connect(
                  new OutboundTarget("peer.test", server.address().getPort()), PLAIN, client));
      assertThat(made.context().remoteAddress()).isEqualTo(server.address());
    }
  }

  @Test
  void theHostsFileIsAskedBeforeNameServers() throws Exception {
    try (TestNode node = new TestNode();
        NameServer names = new NameServer().silent()) {
      OpenSslServer server = node.serve(probe).listen();
      OutboundConnector connector =
          node.outbound(names.settings(), ClientCertificates.NONE).connector();
      OutboundTarget localhost = new OutboundTarget("localhost", server.address().getPort());
      connected(connector.connect(localhost, PLAIN, client));
    }
  }

  @Test
  void aNameThatDoesNotExistIsNotResolved() throws Exception {
    try (TestNode node = new TestNode();
        NameServer names = new NameServer()) {
      OutboundConnector connector =
          node.outbound(names.settings(), ClientCertificates.NONE).connector();
      OutboundException unknown =
          client.failure(connector.connect(new OutboundTarget("nowhere.test", 80), PLAIN, client));
      assertThat(unknown.kind()).isEqualTo(Kind.NAME_NOT_RESOLVED);
      assertThat(unknown).hasMessageContaining("nowhere.test");
    }
  }

  @Test
  void aNameServerThatIsSilentLeavesTheNameUnresolvedAtTheDeadline() throws Exception {
    try (TestNode node = new TestNode();
        NameServer names = new NameServer().silent()) {
      OutboundConnector connector =
          node.outbound(names.settings(), ClientCertificates.NONE).connector();
      OutboundOptions brief =
          OutboundOptions.builder().plaintext().connectTimeout(Duration.ofMillis(300)).build();
      OutboundException unknown =
          client.failure(connector.connect(new OutboundTarget("any.test", 80), brief, client));
      assertThat(unknown.kind()).isEqualTo(Kind.NAME_NOT_RESOLVED);
    }
  }

  @Test
  void whereTheFirstAddressRefusesTheNextIsTriedAtOnce() throws Exception {
    try (TestNode node = new TestNode();
        NameServer names = new NameServer().knows("both.test", "::1", "127.0.0.1")) {
      OpenSslServer server = node.serve(probe).listen();
      OutboundConnector connector =
          node.outbound(names.settings(), ClientCertificates.NONE).connector();
      OutboundConnection<Probe.Peer> made =
          connected(
              connector.connect(
                  new OutboundTarget("both.test", server.address().getPort()), PLAIN, client));
      assertThat(made.context().remoteAddress()).isEqualTo(server.address());
      assertThat(client.sessions).hasSize(1);
    }
  }

  @Test
  void whereTheFirstAddressIsSilentTheNextWinsAfterAQuarterOfASecond() throws Exception {
    try (TestNode node = new TestNode();
        NameServer names = new NameServer().knows("both.test", "::1", "127.0.0.1")) {
      OpenSslServer server = node.serve(probe).listen();
      int port = server.address().getPort();
      try (Sinkhole sinkhole = new Sinkhole(LOOPBACK_6, port)) {
        assertThat(sinkhole.address().getPort()).isEqualTo(port);
        OutboundConnector connector =
            node.outbound(names.settings(), ClientCertificates.NONE).connector();
        long begun = System.nanoTime();
        OutboundConnection<Probe.Peer> made =
            connected(connector.connect(new OutboundTarget("both.test", port), PLAIN, client));
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        assertThat(made.context().remoteAddress()).isEqualTo(server.address());
        assertThat(took).isBetween(Duration.ofMillis(240), names.settings().connectTimeout());
      }
    }
  }

  @Test
  void allAddressesAreNamedWhereAllRefuse() throws Exception {
    try (TestNode node = new TestNode();
        NameServer names = new NameServer().knows("both.test", "::1", "127.0.0.1")) {
      OutboundConnector connector =
          node.outbound(names.settings(), ClientCertificates.NONE).connector();
      int port = closedPort();
      OutboundException refused =
          client.failure(connector.connect(new OutboundTarget("both.test", port), PLAIN, client));
      assertThat(refused.kind()).isEqualTo(Kind.REFUSED);
      assertThat(refused).hasMessageContainingAll("[::1]:" + port, "127.0.0.1:" + port);
    }
  }

  @Test
  void overTheBoundNothingIsOpenedAndAPlaceIsGivenBackWithTheConnection() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      OutboundSettings defaults = OutboundSettings.defaults();
      OutboundConnections outbound =
          node.outbound(
              new OutboundSettings(
                  1,
                  defaults.connectTimeout(),
                  defaults.limits(),
                  defaults.nameServers(),
                  defaults.userTimeout()),
              ClientCertificates.NONE);
      OutboundConnector connector = outbound.connector();
      OutboundConnection<Probe.Peer> first =
          connected(connector.connect(target(server), PLAIN, client));
      OutboundException over =
          new ClientProbe().failure(connector.connect(target(server), PLAIN, client));
      assertThat(over.kind()).isEqualTo(Kind.LOCAL_LIMIT);
      first.session().close();
      TestNode.await("a place", () -> outbound.endpoint().metrics().snapshot().open() == 0);
      ClientProbe none = new ClientProbe();
      OutboundTarget closed = new OutboundTarget("127.0.0.1", closedPort());
      assertThat(none.failure(connector.connect(closed, PLAIN, none)).kind())
          .isEqualTo(Kind.REFUSED);
      connected(connector.connect(target(server), PLAIN, client)).session().close();
      assertThat(outbound.endpoint().metrics().snapshot().errors())
          .containsEntry("local_limit", 1L)
          .containsEntry("refused", 1L);
      assertThat(outbound.endpoint().metrics().snapshot().refused()).isEqualTo(1);
    }
  }

  @Test
  void whatAServerSaysBeforeItHangsUpIsDelivered() throws Exception {
    try (TestNode node = new TestNode();
        ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      CompletableFuture<Void> served =
          WireClient.later(
              () -> {
                for (int i = 0; i < 50; i++) {
                  try (Socket accepted = listener.accept()) {
                    accepted.getOutputStream().write("bye".getBytes(US_ASCII));
                  }
                }
                return null;
              });
      OutboundConnector connector = node.outbound();
      for (int i = 0; i < 50; i++) {
        ClientProbe each = new ClientProbe();
        OutboundConnection<Probe.Peer> made =
            connected(
                connector.connect(
                    target((InetSocketAddress) listener.getLocalSocketAddress()), PLAIN, each));
        assertThat(made.session().end()).isEqualTo(CloseReason.PEER_CLOSED);
        assertThat(each.received()).isEqualTo("bye");
      }
      served.join();
    }
  }

  @Test
  void aFactoryThatFailsIsToldToWhoeverAskedAndThePeerSeesTheEnd() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      ClientSessionFactory<Session> broken =
          (id, writer) -> {
            throw new IllegalStateException("not today");
          };
      OutboundException failed =
          client.failure(node.outbound().connect(target(server), PLAIN, broken));
      assertThat(failed.kind()).isEqualTo(Kind.SESSION_FAILED);
      assertThat(failed).hasMessageContaining("not today");
      TestNode.await("the server's end", () -> server.endpoint().unfinished() == 0);
    }
  }

  @Test
  void anAttemptThatIsGivenUpLeavesNothing() throws Exception {
    try (TestNode node = new TestNode();
        Sinkhole sinkhole = new Sinkhole(InetAddress.getLoopbackAddress(), 0)) {
      OutboundConnections outbound =
          node.outbound(OutboundSettings.defaults(), ClientCertificates.NONE);
      CompletableFuture<?> stage =
          outbound
              .connector()
              .connect(target(sinkhole.address()), PLAIN, client)
              .toCompletableFuture();
      assertThat(outbound.endpoint().metrics().snapshot().open()).isEqualTo(1);
      stage.cancel(true);
      TestNode.await("a place", () -> outbound.endpoint().metrics().snapshot().open() == 0);
      assertThat(client.sessions).isEmpty();
    }
  }

  @Test
  void aProtocolThatIsNotThereSaysSo() throws Exception {
    try (TestNode node = new TestNode()) {
      OutboundException unknown =
          client.failure(
              node.outbound().connect(new OutboundTarget("127.0.0.1", 1), PLAIN, "NONE"));
      assertThat(unknown.kind()).isEqualTo(Kind.NOT_SUPPORTED);
      assertThat(unknown).hasMessage("127.0.0.1:1: no protocol is named NONE");
    }
  }

  @Test
  void aProtocolIsFoundByItsName() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      OutboundConnector connector =
          node.outbound(
                  OutboundSettings.defaults(),
                  ClientCertificates.NONE,
                  name -> ClientSide.of(client, null))
              .connector();
      CompletionStage<OutboundConnection<? extends Session>> stage =
          connector.connect(target(server), PLAIN, "PROBE_CLIENT");
      OutboundConnection<? extends Session> made = connected(stage);
      assertThat(made.session()).isSameAs(client.sessions.get(0));
      assertThat(
              node.transport
                  .connections()
                  .page(ConnectionFilter.ofInterface("outbound"), Long.MIN_VALUE, 10))
          .singleElement()
          .satisfies(view -> assertThat(view.protocol()).isEqualTo("PROBE_CLIENT"));
    }
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.copiedBuffer(text, US_ASCII);
  }

  static int closedPort() throws Exception {
    try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return closed.getLocalPort();
    }
  }
}
