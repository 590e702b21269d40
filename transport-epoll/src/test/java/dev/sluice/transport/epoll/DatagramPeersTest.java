// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import dev.sluice.session.bridge.CloseRecord;
import dev.sluice.session.bridge.ClosedBy;
import dev.sluice.session.bridge.ConnectionFilter;
import dev.sluice.session.bridge.ConnectionState;
import dev.sluice.session.bridge.ConnectionView;
import dev.sluice.session.bridge.DatagramOptions;
import dev.sluice.transport.epoll.datagram.DatagramSockets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A peer is a session: under the caps, until it is silent for too long, or its session ends it. */
@Timeout(60)
class DatagramPeersTest {

  /** None of those that {@link #aPeerNeverHasTwoOpenSessions} floods with. */
  private static final byte LAST = 100;

  private static Map<String, Long> errors(DatagramServer server) {
    return server.endpoint().metrics().snapshot().errors();
  }

  @Test
  void overTheSoftCapTheProtocolAnswersAndOverTheHardCapNobody() throws Exception {
    Probe probe =
        new Probe()
            .onCapped(
                peer -> {
                  peer.write("busy".getBytes(ISO_8859_1));
                  peer.writer.closeSocket(peer.id, CloseReason.CAPPED);
                });
    Probe lingering = new Probe().onCapped(peer -> {});
    try (TestNode node = new TestNode()) {
      DatagramServer server = node.serve(probe).caps(2, 3).udp();
      DatagramServer full =
          node.serve(lingering).caps(2, 3).limits(Limits.idle(800, 1 << 18)).udp();
      byte[] hello = "hello".getBytes(ISO_8859_1);
      try (DatagramClient a = new DatagramClient("127.1.0.1", server.address());
          DatagramClient b = new DatagramClient("127.1.0.2", server.address());
          DatagramClient c = new DatagramClient("127.1.0.3", server.address())) {
        assertThat(a.ask(hello)).isEqualTo(hello);
        assertThat(b.ask(hello)).isEqualTo(hello);
        for (int i = 0; i < 10; i++) {
          assertThat(c.ask(hello)).asString(ISO_8859_1).isEqualTo("busy");
        }
        assertThat(a.ask(hello)).isEqualTo(hello);
        TestNode.await("two stay", () -> server.endpoint().metrics().snapshot().open() == 2);
        assertThat(server.endpoint().metrics().snapshot().capped()).isEqualTo(10);
        assertThat(server.endpoint().metrics().snapshot().closes()).containsEntry("capped", 10L);
      }
      try (DatagramClient a = new DatagramClient("127.2.0.1", full.address());
          DatagramClient b = new DatagramClient("127.2.0.2", full.address());
          DatagramClient c = new DatagramClient("127.2.0.3", full.address());
          DatagramClient d = new DatagramClient("127.2.0.4", full.address())) {
        a.ask(hello);
        b.ask(hello);
        c.send(hello);
        d.send(hello);
        TestNode.await("dropped", () -> full.endpoint().metrics().snapshot().refused() == 1);
        assertThat(full.endpoint().metrics().snapshot().open()).isEqualTo(3);
        TestNode.await("idle", () -> full.endpoint().metrics().snapshot().open() == 0);
        assertThat(full.endpoint().metrics().snapshot().closes()).containsEntry("idle_timeout", 3L);
        assertThat(d.ask(hello)).isEqualTo(hello);
      }
    }
  }

  @Test
  void onlyWhatComesFromAPeerKeepsItFromBeingIdle() throws Exception {
    ScriptedProtocol talker =
        new ScriptedProtocol(Execution.EVENT_LOOP).onData((conn, data) -> repeat(conn));
    try (TestNode node = new TestNode()) {
      DatagramServer server = node.serve(talker).limits(Limits.idle(500, 1 << 18)).udp();
      try (DatagramClient client = new DatagramClient(server)) {
        long from = System.nanoTime();
        client.send(new byte[] {1});
        TestNode.await("told", () -> talker.session().reason != null);
        assertThat(talker.session().reason).isEqualTo(CloseReason.IDLE_TIMEOUT);
        assertThat(Duration.ofNanos(System.nanoTime() - from))
            .isGreaterThanOrEqualTo(Duration.ofMillis(500));
      }
    }
  }

  private static void repeat(ScriptedProtocol.Conn conn) {
    if (conn.write("still here")) {
      conn.context.schedule(Duration.ofMillis(50), () -> repeat(conn));
    }
  }

  @ParameterizedTest
  @EnumSource
  void afterACloseThePeerBeginsAnew(Execution execution) throws Exception {
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (conn, data) -> {
                  conn.writer.writeOutbound(conn.id, data.retain());
                  conn.writer.closeSocket(conn.id);
                });
    try (TestNode node = new TestNode()) {
      DatagramServer server = node.serve(protocol).caps(10, 10).udp();
      try (DatagramClient client = new DatagramClient(server)) {
        for (int i = 0; i < 100; i++) {
          client.send(new byte[] {(byte) i});
          // On a worker the answer may be out before the close: what comes between is dropped.
          while (client.silent(100)) {
            client.send(new byte[] {(byte) i});
          }
        }
      }
      TestNode.await("all ended", () -> server.endpoint().unfinished() == 0);
      long sessions = protocol.creates.get();
      assertThat(sessions).isGreaterThanOrEqualTo(100);
      assertThat(server.endpoint().metrics().snapshot().closes())
          .isEqualTo(Map.of("session_closed", sessions));
    }
  }

  @ParameterizedTest
  @EnumSource
  void aPeerNeverHasTwoOpenSessions(Execution execution) throws Exception {
    Map<Object, AtomicInteger> open = new ConcurrentHashMap<>();
    List<String> faults = new CopyOnWriteArrayList<>();
    ScriptedProtocol protocol = new ScriptedProtocol(execution);
    protocol
        .onCreate(
            conn -> {
              Object peer = conn.context.remoteAddress();
              if (open.computeIfAbsent(peer, p -> new AtomicInteger()).incrementAndGet() > 1) {
                faults.add("two sessions of " + peer);
              }
            })
        .onData(
            (conn, data) -> {
              if (data.getByte(data.readerIndex()) % 7 == 0) {
                open.get(conn.context.remoteAddress()).decrementAndGet();
                conn.writer.closeSocket(conn.id);
              } else if (data.getByte(data.readerIndex()) == LAST) {
                conn.writer.writeOutbound(conn.id, data.retain());
              }
            });
    try (TestNode node = new TestNode()) {
      DatagramServer server = node.serve(protocol).udp();
      Thread[] senders = new Thread[8];
      for (int t = 0; t < senders.length; t++) {
        senders[t] =
            new Thread(
                () -> {
                  try (DatagramClient client = new DatagramClient(server)) {
                    for (int i = 0; i < 500; i++) {
                      client.send(new byte[] {(byte) (i % 100)});
                    }
                  } catch (IOException e) {
                    faults.add(e.toString());
                  }
                });
        senders[t].start();
      }
      for (Thread sender : senders) {
        sender.join();
      }
      // Its answer shows that all before it has been received.
      try (DatagramClient client = new DatagramClient(server)) {
        do {
          client.send(new byte[] {LAST});
        } while (client.silent(100));
      }
    }
    assertThat(faults).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void aSessionThatThrowsLosesItsPeerOnly(Execution execution) throws Exception {
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (conn, data) -> {
                  if (data.getByte(data.readerIndex()) == 'x') {
                    throw new IllegalStateException("on purpose");
                  }
                  conn.writer.writeOutbound(conn.id, data.retain());
                });
    try (TestNode node = new TestNode()) {
      DatagramServer server = node.serve(protocol).udp();
      try (DatagramClient good = new DatagramClient(server);
          DatagramClient bad = new DatagramClient(server)) {
        good.ask(new byte[] {'a'});
        bad.send(new byte[] {'x'});
        TestNode.await(
            "closed",
            () ->
                server.endpoint().metrics().snapshot().closes().getOrDefault("protocol_error", 0L)
                    == 1);
        assertThat(good.ask(new byte[] {'b'})).containsExactly('b');
        assertThat(bad.ask(new byte[] {'c'})).containsExactly('c');
        assertThat(protocol.creates).hasValue(3);
        assertThat(errors(server)).containsEntry("session", 1L);
      }
    }
  }

  @Test
  void aFullQueueDropsTheNewestAndBlocksNobody() throws Exception {
    CountDownLatch held = new CountDownLatch(1);
    List<Integer> seen = new CopyOnWriteArrayList<>();
    ScriptedProtocol protocol =
        new ScriptedProtocol(Execution.WORKERS)
            .onData(
                (conn, data) -> {
                  int number = data.getInt(data.readerIndex());
                  if (number < 0) {
                    conn.writer.writeOutbound(conn.id, data.retain());
                    return;
                  }
                  if (seen.isEmpty()) {
                    TestNode.await("let go", () -> held.getCount() == 0);
                  }
                  seen.add(number);
                });
    TransportOptions options = TestNode.options().withQueueLimits(16 << 20, 64 << 10, 128 << 20);
    try (TestNode node = new TestNode(options)) {
      DatagramServer server = node.serve(protocol).udp();
      try (DatagramClient stuck = new DatagramClient(server);
          DatagramClient other = new DatagramClient(server)) {
        int sent = 0;
        while (errors(server).getOrDefault("queue_overflow", 0L) < 100) {
          for (int i = 0; i < 20; i++) {
            stuck.send(Unpooled.buffer(1000).writeInt(sent++).writeZero(996).array());
          }
          assertThat(other.ask(new byte[] {-1, 0, 0, 0})).hasSize(4);
        }
        int all = sent;
        TestNode.await(
            "all received", () -> server.endpoint().metrics().snapshot().datagramsIn() >= all);
        held.countDown();
        long dropped = errors(server).get("queue_overflow");
        TestNode.await("the rest is delivered", () -> seen.size() == all - dropped);
        assertThat(seen.subList(0, 40)).isSorted().startsWith(0, 1, 2, 3);
        assertThat(node.transport.connections().inboundQueued()).isZero();
      }
    }
  }

  @Test
  void anUnprovenPeerIsSentNoMoreThanAllowed() throws Exception {
    Probe probe =
        new Probe()
            .onData(
                (peer, data) -> {
                  if (data.getByte(data.readerIndex()) == 'p') {
                    peer.context.peerVerified();
                  }
                  peer.write(new byte[data.readableBytes() * 3]);
                  peer.write(new byte[1]);
                });
    try (TestNode node = new TestNode()) {
      DatagramServer server =
          node.serve(probe).datagrams(new DatagramOptions(65_507, 0, 0, 3)).udp();
      try (DatagramClient client = new DatagramClient(server)) {
        assertThat(client.ask(new byte[10])).hasSize(30);
        TestNode.await("counted", () -> errors(server).containsKey("amplification_limit"));
        assertThat(client.silent(50)).isTrue();
        assertThat(client.ask(new byte[] {'p'})).hasSize(3);
        assertThat(client.receive()).hasSize(1);
        assertThat(errors(server)).containsEntry("amplification_limit", 1L);
      }
    }
  }

  @Test
  void repliesComeFromOutsideAndCompletionsTellOfThem() throws Exception {
    List<Boolean> told = new CopyOnWriteArrayList<>();
    Probe probe = new Probe().execution(Execution.WORKERS).onData((peer, data) -> {});
    try (TestNode node = new TestNode()) {
      DatagramServer server = node.serve(probe).udp();
      try (DatagramClient client = new DatagramClient(server)) {
        client.send(new byte[] {1});
        Probe.Peer peer = probe.session();
        assertThat(node.transport.connections().reply(peer.id, false, text("from outside")))
            .isTrue();
        assertThat(client.receive()).asString(ISO_8859_1).isEqualTo("from outside");
        for (int i = 0; i < 10; i++) {
          assertThat(peer.writer.writeOutbound(peer.id, text("more"), told::add)).isTrue();
        }
        for (int i = 0; i < 10; i++) {
          assertThat(client.receive()).hasSize(4);
        }
        TestNode.await("told", () -> told.size() == 10);
        assertThat(told).containsOnly(true);
        assertThat(node.transport.connections().reply(peer.id, true, text("the last"))).isTrue();
        assertThat(client.receive()).asString(ISO_8859_1).isEqualTo("the last");
        assertThat(peer.end()).isEqualTo(CloseReason.SESSION_CLOSED);
        assertThat(peer.write(new byte[1])).isFalse();
        assertThat(node.transport.connections().reply(peer.id, false, text("nobody"))).isFalse();
      }
    }
  }

  @Test
  void whatTheSocketHasNoRoomForIsDroppedAndSaidToBe() throws Exception {
    List<Boolean> told = new CopyOnWriteArrayList<>();
    List<Boolean> writable = new CopyOnWriteArrayList<>();
    ScriptedProtocol protocol =
        new ScriptedProtocol(Execution.EVENT_LOOP)
            .onData(
                (conn, data) -> {
                  // Nothing leaves before the end of the pass.
                  for (int i = 0; i < 100; i++) {
                    conn.writer.writeOutbound(
                        conn.id, Unpooled.wrappedBuffer(new byte[1000]), told::add);
                    if (i % 50 == 0) {
                      writable.add(conn.writer.isWritable(conn.id));
                    }
                  }
                });
    try (TestNode node = new TestNode()) {
      DatagramServer server =
          node.serve(protocol)
              .limits(Limits.output(16 << 10, 64 << 10, Duration.ofSeconds(5)))
              .udp();
      try (DatagramClient client = new DatagramClient(server)) {
        client.send(new byte[1]);
        TestNode.await("all told", () -> told.size() == 100);
        long dropped = told.stream().filter(sent -> !sent).count();
        assertThat(dropped).isBetween(30L, 45L);
        assertThat(errors(server)).isEqualTo(Map.of("output_overflow", dropped));
        assertThat(writable).containsExactly(true, false);
        TestNode.await("writable again", () -> protocol.session().events.contains("writable true"));
        for (int i = 0; i < 100 - dropped; i++) {
          assertThat(client.receive()).hasSize(1000);
        }
        assertThat(node.transport.connections().outboundQueued()).isZero();
      }
    }
  }

  @Test
  void peersAreListedAndTheirEndsRecorded() throws Exception {
    Probe probe = new Probe();
    try (TestNode node = new TestNode()) {
      DatagramServer server = node.serve(probe).caps(1, 1).udp();
      try (DatagramClient client = new DatagramClient(server);
          DatagramClient over = new DatagramClient(server)) {
        client.ask(new byte[10]);
        probe.session().context.note("a note");
        TestNode.await("figures", () -> server.endpoint().metrics().snapshot().datagramsOut() == 1);
        ConnectionView view =
            node.transport.connections().page(ConnectionFilter.ALL, Long.MIN_VALUE, 10).get(0);
        assertThat(view.remote()).contains(client.address());
        assertThat(view.local()).contains(server.address());
        assertThat(view.state()).isEqualTo(ConnectionState.OPEN);
        assertThat(view.bytesIn()).isEqualTo(10);
        assertThat(view.bytesOut()).isEqualTo(10);
        assertThat(view.note()).contains("a note");
        over.send(new byte[1]);
        over.send(new byte[1]);
        TestNode.await("refused", () -> server.endpoint().metrics().snapshot().refused() == 2);
        assertThat(
                node.transport
                    .connections()
                    .close(probe.session().id, CloseReason.CLOSED_BY_OPERATOR))
            .isTrue();
        TestNode.await("ended", () -> server.endpoint().unfinished() == 0);
        List<CloseRecord> records = node.transport.connections().closeRecords().latest(10);
        assertThat(records)
            .anySatisfy(
                record -> {
                  assertThat(record.reason()).isEqualTo("closed_by_operator");
                  assertThat(record.closedBy()).isEqualTo(ClosedBy.OPERATOR);
                  assertThat(record.note()).contains("a note");
                  assertThat(record.bytesIn()).isEqualTo(10);
                  assertThat(record.bytesOut()).isEqualTo(10);
                })
            .anySatisfy(
                record -> {
                  assertThat(record.reason()).isEqualTo("hard_cap");
                  assertThat(record.count()).isEqualTo(2);
                });
      }
    }
  }

  private static ByteBuf text(String text) {
    return Unpooled.copiedBuffer(text, ISO_8859_1);
  }

  @Test
  void keptDatagramsHoldOnToOneReceiveBuffer() throws Exception {
    List<ByteBuf> kept = new CopyOnWriteArrayList<>();
    Probe probe =
        new Probe()
            .onData(
                (peer, data) -> {
                  kept.add(data.retain());
                  peer.write(new byte[] {1});
                });
    try (TestNode node = new TestNode()) {
      DatagramServer server = node.serve(probe).udp();
      try (DatagramClient client = new DatagramClient(server)) {
        for (int i = 0; i < 200; i++) {
          client.ask(new byte[] {(byte) i, 2, 3});
        }
        for (int i = 0; i < 200; i++) {
          assertThat(kept.get(i).getByte(kept.get(i).readerIndex())).isEqualTo((byte) i);
        }
        long rooms = 2L * DatagramSockets.PASS * 65_508;
        assertThat(node.buffersAlive()).isLessThan(rooms + (1 << 20));
      } finally {
        kept.forEach(ByteBuf::release);
      }
    }
  }
}
