// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static dev.sluice.transport.epoll.ClientProbe.connected;
import static dev.sluice.transport.epoll.ClientProbe.target;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import dev.sluice.api.outbound.ClientSessionFactory;
import dev.sluice.api.outbound.OutboundConnection;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.outbound.OutboundException.Kind;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.transport.epoll.outbound.OutboundConnections;
import dev.sluice.transport.epoll.outbound.OutboundSettings;
import dev.sluice.transport.epoll.outbound.SharedContexts;
import dev.sluice.transport.epoll.tls.ClientCertificates;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.EventExecutor;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** An outbound connection from its session to its end: bounded and ended as an inbound one is. */
class OutboundLifeTest {

  private static final OutboundOptions PLAIN = OutboundOptions.plaintext();

  private final Probe probe = new Probe();
  private final ClientProbe client = new ClientProbe();

  @Test
  void whatASessionOpensLivesOnItsOwnLoop() throws Exception {
    try (TestNode node = new TestNode()) {
      OutboundConnector unused = node.outbound();
      assertThat(unused).isNotNull();
      OpenSslServer behind = node.serve(new Probe()).listen();
      List<OutboundConnection<Probe.Peer>> made = Collections.synchronizedList(new ArrayList<>());
      probe.onData(
          (peer, data) ->
              peer.context
                  .outbound()
                  .connect(target(behind), PLAIN, client)
                  .thenAccept(
                      each -> {
                        made.add(each);
                        peer.context.execute(() -> peer.write("there".getBytes(US_ASCII)));
                      }));
      OpenSslServer front = node.serve(probe).listen();
      for (int i = 0; i < 4; i++) {
        try (WireClient wire = WireClient.to(front)) {
          wire.send("x");
          assertThat(wire.receive(5)).isEqualTo("there");
          assertThat(made.get(i).context().executor())
              .isSameAs(probe.sessions.get(i).context.executor());
        }
      }
    }
  }

  @Test
  void whatBelongsToNoSessionIsSpreadOverTheLoops() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      OutboundConnector connector = node.outbound();
      Set<EventExecutor> loops = new HashSet<>();
      for (int i = 0; i < 4; i++) {
        loops.add(connected(connector.connect(target(server), PLAIN, client)).context().executor());
      }
      assertThat(loops).hasSize(2);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "EVENT_LOOP, false",
    "EVENT_LOOP, true",
    "WORKERS, false",
    "WORKERS, true",
    "VIRTUAL_THREADS, true"
  })
  void callsKeepTheirOrderAndNothingIsLost(Execution execution, boolean tls) throws Exception {
    ScriptedProtocol scripted = new ScriptedProtocol(execution).silent();
    byte[] noise = WireClient.noise(3, 4 << 20);
    CRC32 expected = new CRC32();
    expected.update(noise);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls(tls).listen();
      OutboundOptions options = tls ? OutboundTlsTest.trusting(more -> more) : PLAIN;
      ScriptedProtocol.Conn conn =
          (ScriptedProtocol.Conn)
              connected(
                      node.outbound()
                          .connect(
                              target(server),
                              options,
                              ClientSessionFactory.of("SCRIPTED", execution, scripted::create)))
                  .session();
      for (int at = 0; at < noise.length; at += 1 << 16) {
        byte[] piece = Arrays.copyOfRange(noise, at, at + (1 << 16));
        TestNode.await("writable", () -> conn.writer.isWritable(conn.id));
        assertThat(conn.writer.writeOutbound(conn.id, Unpooled.wrappedBuffer(piece))).isTrue();
      }
      TestNode.await("all of it came back", () -> conn.received.get() == noise.length);
      assertThat(conn.checksum()).isEqualTo(expected.getValue());
      conn.writer.closeSocket(conn.id);
      TestNode.await("told of the end", () -> conn.reason != null);
      assertThat(conn.reason).isEqualTo(CloseReason.SESSION_CLOSED);
    }
    scripted.verify();
  }

  @Test
  void oneThatIsQuietIsIdle() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      OutboundOptions options =
          OutboundOptions.builder().plaintext().idleTimeout(Duration.ofMillis(300)).build();
      OutboundConnections outbound =
          node.outbound(OutboundSettings.defaults(), ClientCertificates.NONE);
      OutboundConnection<Probe.Peer> made =
          connected(outbound.connector().connect(target(server), options, client));
      assertThat(made.session().end()).isEqualTo(CloseReason.IDLE_TIMEOUT);
      TestNode.await("recorded", () -> outbound.endpoint().unfinished() == 0);
      assertThat(
              node.transport
                  .connections()
                  .closeRecords()
                  .latest(10, record -> record.interfaceName().equals("outbound")))
          .singleElement()
          .satisfies(
              record -> {
                assertThat(record.id()).isEqualTo(made.id().value());
                assertThat(record.reason()).isEqualTo("idle_timeout");
                assertThat(record.protocol()).isEqualTo("PROBE_CLIENT");
                assertThat(record.limit()).contains("idle_connection_timeout");
              });
      assertThat(outbound.endpoint().metrics().snapshot().closes())
          .containsEntry("idle_timeout", 1L);
    }
  }

  @Test
  void aServerThatReadsNothingMakesItNotWritableAndBeyondTheBoundASlowConsumer() throws Exception {
    try (TestNode node = new TestNode();
        ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      OutboundConnector connector = node.outbound();
      OutboundConnection<Probe.Peer> made =
          connected(
              connector.connect(
                  target((InetSocketAddress) listener.getLocalSocketAddress()), PLAIN, client));
      byte[] chunk = new byte[1 << 20];
      int written = 0;
      while (made.session().write(chunk)) {
        written++;
        if (written == 12) {
          assertThat(made.session().writer.isWritable(made.id())).isFalse();
        }
        assertThat(written).isLessThan(64);
      }
      assertThat(written).isGreaterThan(15);
      assertThat(made.session().end()).isEqualTo(CloseReason.SLOW_CONSUMER);
    }
  }

  @Test
  void aSessionThatIsSlowStopsTheServer() throws Exception {
    CountDownLatch blocked = new CountDownLatch(1);
    AtomicLong received = new AtomicLong();
    client
        .execution(Execution.WORKERS)
        .onData(
            (peer, data) -> {
              try {
                blocked.await();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              received.addAndGet(data.readableBytes());
            });
    byte[] noise = WireClient.noise(5, 32 << 20);
    try (TestNode node =
            new TestNode(TestNode.options().withQueueLimits(1 << 20, 256 << 10, 64 << 20));
        ServerSocket listener = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      AtomicLong sent = new AtomicLong();
      CompletableFuture<Void> serving =
          WireClient.later(
              () -> {
                try (Socket accepted = listener.accept()) {
                  for (int at = 0; at < noise.length; at += 1 << 16) {
                    accepted.getOutputStream().write(noise, at, 1 << 16);
                    sent.addAndGet(1 << 16);
                  }
                }
                return null;
              });
      OutboundConnection<Probe.Peer> made =
          connected(
              node.outbound()
                  .connect(
                      target((InetSocketAddress) listener.getLocalSocketAddress()), PLAIN, client));
      TestNode.await("the server begins", () -> sent.get() > 0);
      node.awaitPaused(1);
      assertThat(sent.get()).isLessThan(noise.length);
      assertThat(node.transport.connections().inboundQueued()).isLessThan(2 << 20);
      blocked.countDown();
      serving.join();
      TestNode.await("all arrives", () -> received.get() == noise.length);
      assertThat(made.session().end()).isEqualTo(CloseReason.PEER_CLOSED);
    }
  }

  @Test
  void aDrainAsksTheSessionAndWhatIsAskedForFromThenOnIsRefused() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      OutboundConnections outbound =
          node.outbound(OutboundSettings.defaults(), ClientCertificates.NONE);
      OutboundConnection<Probe.Peer> made =
          connected(outbound.connector().connect(target(server), PLAIN, client));
      outbound.openNoMore();
      OutboundException refused =
          new ClientProbe().failure(outbound.connector().connect(target(server), PLAIN, client));
      assertThat(refused.kind()).isEqualTo(Kind.DRAINING);
      assertThat(made.session().ends).isEmpty();
      outbound.endpoint().drain(Duration.ofSeconds(5), Duration.ZERO);
      assertThat(outbound.endpoint().awaitNone(Duration.ofSeconds(5))).isTrue();
      // The session closes when it is asked to, as most do.
      assertThat(made.session().end()).isEqualTo(CloseReason.SESSION_CLOSED);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aDrainFailsWhatIsOnTheWay(boolean connectedAlready) throws Exception {
    try (TestNode node = new TestNode();
        ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        Sinkhole sinkhole = new Sinkhole(InetAddress.getLoopbackAddress(), 0)) {
      OutboundConnections outbound =
          node.outbound(OutboundSettings.defaults(), ClientCertificates.NONE);
      InetSocketAddress address =
          connectedAlready
              ? (InetSocketAddress) silent.getLocalSocketAddress()
              : sinkhole.address();
      CompletableFuture<OutboundConnection<Probe.Peer>> stage =
          outbound
              .connector()
              .connect(target(address), OutboundTlsTest.trusting(tls -> tls), client)
              .toCompletableFuture();
      if (connectedAlready) {
        TestNode.await("in the handshake", () -> outbound.endpoint().unfinished() == 1);
      }
      outbound.openNoMore();
      outbound.endpoint().drain(Duration.ofSeconds(5), Duration.ZERO);
      assertThat(client.failure(stage).kind()).isEqualTo(Kind.DRAINING);
      assertThat(outbound.endpoint().awaitNone(Duration.ofSeconds(5))).isTrue();
      TestNode.await("a place", () -> outbound.endpoint().metrics().snapshot().open() == 0);
    }
  }

  @Test
  void atTheDeadlineOfADrainTheRestIsCutOff() throws Exception {
    ScriptedProtocol busy = new ScriptedProtocol(Execution.EVENT_LOOP).onCloseSession(conn -> {});
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      OutboundConnections outbound =
          node.outbound(OutboundSettings.defaults(), ClientCertificates.NONE);
      connected(
          outbound
              .connector()
              .connect(
                  target(server),
                  PLAIN,
                  ClientSessionFactory.of("SCRIPTED", Execution.EVENT_LOOP, busy::create)));
      outbound.openNoMore();
      outbound.endpoint().drain(Duration.ofMillis(200), Duration.ZERO);
      assertThat(outbound.endpoint().awaitNone(Duration.ofMillis(200))).isFalse();
      assertThat(outbound.endpoint().abortAll(CloseReason.DRAIN_DEADLINE)).isEqualTo(1);
      assertThat(outbound.endpoint().awaitNone(Duration.ofSeconds(5))).isTrue();
      assertThat(busy.session().reason).isEqualTo(CloseReason.DRAIN_DEADLINE);
      assertThat(busy.session().events).contains("closeSession");
    }
    busy.verify();
  }

  /** One whose window stays shut stands for one that is gone: the kernel treats both alike. */
  @Test
  void aPeerThatTakesNothingForTooLongIsGivenUpByTheKernel() throws Exception {
    Duration minute = Duration.ofMinutes(1);
    EndpointOptions.Limits roomy =
        new EndpointOptions.Limits(minute, minute, minute, 64 << 20, 128 << 20, minute);
    try (TestNode node = new TestNode();
        ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      OutboundConnections outbound =
          node.outbound(
              new OutboundSettings(10, minute, roomy, List.of(), Duration.ofMillis(500)),
              ClientCertificates.NONE);
      OutboundTarget target = new OutboundTarget("localhost", listener.getLocalPort());
      Probe.Peer peer = connected(outbound.connector().connect(target, PLAIN, client)).session();
      try (Socket deaf = listener.accept()) {
        assertThat(deaf.isConnected()).isTrue();
        peer.write(new byte[32 << 20]);
        TestNode.await("it ends", () -> outbound.endpoint().unfinished() == 0);
      }
      assertThat(outbound.endpoint().metrics().snapshot().closes())
          .containsEntry("peer_reset", 1L)
          .hasSize(1);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Execution.class,
      names = {"EVENT_LOOP", "WORKERS"})
  void manyComeAndGoAndLeaveNothing(Execution execution) throws Exception {
    Duration minute = Duration.ofMinutes(1);
    EndpointOptions.Limits limits = Limits.times(minute, minute, minute);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().limits(limits).listen();
      // Four hundred handshakes at once take a busy machine their time.
      OutboundConnections outbound =
          node.outbound(
              new OutboundSettings(1000, minute, limits, List.of(), minute),
              ClientCertificates.NONE);
      OutboundOptions options = OutboundTlsTest.trusting(tls -> tls);
      client.execution(execution).onData((peer, data) -> peer.close());
      List<CompletableFuture<OutboundConnection<Probe.Peer>>> stages = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        stages.add(
            outbound.connector().connect(target(server), options, client).toCompletableFuture());
      }
      for (CompletableFuture<OutboundConnection<Probe.Peer>> stage : stages) {
        connected(stage).session().write("x".getBytes(US_ASCII));
      }
      TestNode.await("all end", () -> outbound.endpoint().unfinished() == 0);
      assertThat(outbound.endpoint().metrics().snapshot().accepted()).isEqualTo(200);
      assertThat(outbound.endpoint().metrics().snapshot().closes())
          .containsEntry("session_closed", 200L)
          .hasSize(1);
      assertThat(SharedContexts.of(outbound)).isEqualTo(1);
    }
  }
}
