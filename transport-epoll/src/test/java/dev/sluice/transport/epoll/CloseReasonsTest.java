// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static dev.sluice.transport.epoll.Recorded.assertTells;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import dev.sluice.session.bridge.CloseRecord;
import dev.sluice.session.bridge.ClosedBy;
import dev.sluice.session.bridge.Ending;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The ring tells the true reason, by whom, and which limit, however a connection ends. */
class CloseReasonsTest {

  private static final Duration SHORT = Duration.ofMillis(400);
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final int LARGE = 12 << 20;

  private final Probe probe = new Probe();

  /** Closes in the session, at the first bytes. */
  private CloseRecord endedBySession(Consumer<Probe.Peer> action) throws Exception {
    probe.onData((peer, data) -> action.accept(peer));
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("?");
        client.endsByReset();
      }
      return Recorded.only(node);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anIdleConnection(boolean tls) throws Exception {
    Instant before = Instant.now();
    try (TestNode node = new TestNode()) {
      OpenSslServer server =
          node.serve(probe).tls(tls).limits(Limits.times(SHORT, MINUTE, MINUTE)).listen();
      try (Socket client = TestNode.connect(server)) {
        client.getOutputStream().write("hello".getBytes(US_ASCII));
        assertThat(client.getInputStream().readAllBytes()).hasSize(5);
        CloseRecord record = Recorded.only(node);
        assertTells(record, "idle_timeout", ClosedBy.NODE, "idle_connection_timeout");
        assertThat(record.remote()).contains("127.0.0.1:" + client.getLocalPort());
        assertThat(record.interfaceName()).isEqualTo("test0");
        assertThat(record.protocol()).isEqualTo("PROBE");
        assertThat(record.id()).isEqualTo(probe.session().id.value());
        assertThat(record.bytesIn()).isEqualTo(5);
        assertThat(record.bytesOut()).isEqualTo(5);
        assertThat(record.count()).isEqualTo(1);
        assertThat(record.capped()).isFalse();
        assertThat(record.age()).isBetween(SHORT, MINUTE);
        assertThat(record.at()).isBetween(before, Instant.now());
      }
    }
  }

  @Test
  void aPeerThatCloses() throws Exception {
    try (TestNode node = new TestNode()) {
      try (WireClient client = WireClient.to(node.serve(probe).listen())) {
        client.send("hello");
        assertThat(client.receive(5)).isEqualTo("hello");
      }
      assertTells(Recorded.only(node), "peer_closed", ClosedBy.PEER, null);
    }
  }

  @Test
  void aPeerThatClosesWithoutAWord() throws Exception {
    try (TestNode node = new TestNode()) {
      WireClient.to(node.serve(probe).listen()).close();
      assertTells(Recorded.only(node), "peer_closed", ClosedBy.PEER, null);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPeerThatResets(boolean tls) throws Exception {
    try (TestNode node = new TestNode()) {
      WireClient client = WireClient.to(node.serve(probe).tls(tls).listen());
      client.send("hello");
      assertThat(client.receive(5)).isEqualTo("hello");
      client.reset();
      CloseRecord record = Recorded.only(node);
      assertTells(record, "peer_reset", ClosedBy.PEER, null);
      assertThat(record.note().orElseThrow()).contains("Connection reset by peer");
    }
  }

  @Test
  void aSessionThatCloses() throws Exception {
    CloseRecord record =
        endedBySession(
            peer -> {
              peer.context.note("had enough");
              peer.close();
            });
    assertTells(record, "session_closed", ClosedBy.SESSION, null);
    assertThat(record.note()).contains("had enough");
  }

  @Test
  void aSessionThatAborts() throws Exception {
    assertTells(
        endedBySession(peer -> peer.writer.abort(peer.id, CloseReason.of("bored"))),
        "bored",
        ClosedBy.SESSION,
        null);
  }

  @ParameterizedTest
  @EnumSource(
      value = Execution.class,
      names = {"EVENT_LOOP", "WORKERS"})
  void aSessionThatFails(Execution execution) throws Exception {
    probe.execution(execution);
    CloseRecord record =
        endedBySession(
            peer -> {
              peer.context.note("at work");
              throw new IllegalStateException("as the test wants");
            });
    assertTells(record, "protocol_error", ClosedBy.SESSION, null);
    assertThat(record.note()).contains("at work; session failed: as the test wants");
  }

  @Test
  void aSessionThatCannotBeMade() throws Exception {
    probe.greets(
        peer -> {
          throw new IllegalStateException("as the test wants");
        });
    CloseRecord record = endedBySession(peer -> {});
    assertTells(record, "protocol_error", ClosedBy.SESSION, null);
    assertThat(record.note()).contains("session_create failed: as the test wants");
  }

  @Test
  void aNoteIsBounded() throws Exception {
    CloseRecord record =
        endedBySession(
            peer -> {
              peer.context.note("n".repeat(10_000));
              throw new IllegalStateException("w".repeat(10_000));
            });
    assertThat(record.note().orElseThrow()).startsWith("nnn").hasSizeLessThan(410);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aConnectionOverTheSoftCap(boolean tls) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls(tls).caps(0, 3).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("hello");
        assertThat(client.receiveAll()).isEmpty();
      }
      CloseRecord record = Recorded.only(node);
      assertTells(record, "capped", ClosedBy.NODE, "max_open_sessions_soft");
      assertThat(record.capped()).isTrue();
    }
  }

  @Test
  void aConnectionOverTheSoftCapThatIsSentAwayInTheProtocolsOwnWords() throws Exception {
    probe.onCapped(
        peer -> {
          peer.write("busy".getBytes(US_ASCII));
          peer.close();
        });
    try (TestNode node = new TestNode()) {
      try (WireClient client = WireClient.to(node.serve(probe).caps(0, 3).listen())) {
        client.send("hello");
        assertThat(client.receiveAll()).asString(US_ASCII).isEqualTo("busy");
      }
      CloseRecord record = Recorded.only(node);
      assertTells(record, "session_closed", ClosedBy.SESSION, "max_open_sessions_soft");
      assertThat(record.capped()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aFloodOverTheHardCapSharesRecordsAndLeavesTheOthersBe(boolean tls) throws Exception {
    int flood = 200;
    try (TestNode node = new TestNode(TestNode.options().withCloseRecords(32))) {
      OpenSslServer server = node.serve(probe).tls(tls).caps(1, 1).listen();
      WireClient.to(server).close();
      CloseRecord other = Recorded.only(node);
      TestNode.await("its place is free", () -> server.endpoint().unfinished() == 0);
      long begun = System.nanoTime();
      try (WireClient first = WireClient.to(server)) {
        first.send("hello");
        assertThat(first.receive(5)).isEqualTo("hello");
        for (int i = 0; i < flood; i++) {
          assertRefused(server);
        }
        TestNode.await(
            "all counted", () -> server.endpoint().metrics().snapshot().refused() == flood);
        long seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
        List<CloseRecord> refused =
            node.transport
                .connections()
                .closeRecords()
                .latest(32, each -> each.reason().equals("hard_cap"));
        assertThat(refused).hasSizeBetween(1, (int) seconds + 1);
        assertThat(refused.stream().mapToLong(CloseRecord::count).sum()).isEqualTo(flood);
        for (CloseRecord record : refused) {
          assertTells(record, "hard_cap", ClosedBy.NODE, "max_open_sessions_hard");
          assertThat(record.id()).isZero();
          assertThat(record.remote().orElseThrow()).startsWith("127.0.0.1:");
        }
        assertThat(node.transport.connections().closeRecords().latest(32)).contains(other);
      }
    }
  }

  private static void assertRefused(OpenSslServer server) throws IOException {
    try (Socket socket = new Socket()) {
      socket.setSoTimeout((int) TestNode.PATIENCE.toMillis());
      socket.connect(server.address());
      assertThat(socket.getInputStream().read()).isNegative();
    } catch (SocketException reset) {
      assertThat(reset).hasMessageContaining("reset");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aConsumerThatTakesNothingForTooLong(boolean tls) throws Exception {
    probe.greets(peer -> peer.write(new byte[LARGE]));
    try (TestNode node = new TestNode()) {
      OpenSslServer server =
          node.serve(probe).tls(tls).limits(Limits.times(MINUTE, MINUTE, SHORT)).listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        CloseRecord record = Recorded.only(node);
        assertTells(record, "slow_consumer", ClosedBy.NODE, "slow_consumer_timeout");
        assertThat(record.bytesOut()).isBetween(1L, (long) LARGE - 1);
        assertThat(client.sent).hasValue(0);
      }
    }
  }

  @Test
  void aConsumerThatIsSentMoreThanItsLimit() throws Exception {
    probe.onData(
        (peer, data) -> {
          while (peer.write(new byte[64 << 10])) {
            // Without asking whether it is writable.
          }
        });
    try (TestNode node = new TestNode()) {
      OpenSslServer server =
          node.serve(probe).limits(Limits.output(128 << 10, 1 << 20, MINUTE)).listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        client.send("?"); // At a greeting the reset might overtake the end of connecting.
        assertTells(
            Recorded.only(node), "slow_consumer", ClosedBy.NODE, "outbound_connection_limit");
        assertThat(client.endsByReset()).isTrue();
      }
    }
  }

  @Test
  void aConsumerForWhomTheNodeHasNoRoomLeft() throws Exception {
    probe.onData(
        (peer, data) -> {
          while (peer.write(new byte[64 << 10])) {
            // Without asking whether it is writable.
          }
        });
    TransportOptions options = TestNode.options().withQueueLimits(16 << 20, 1 << 20, 1 << 20);
    try (TestNode node = new TestNode(options)) {
      OpenSslServer server =
          node.serve(probe).limits(Limits.output(128 << 10, 1 << 30, MINUTE)).listen();
      // Large writes in one piece: they are settled with the node's budget when they are flushed.
      Probe large = new Probe().greets(peer -> peer.write(new byte[LARGE]));
      OpenSslServer filling = node.serve(large).listen();
      try (WireClient full = WireClient.withSmallWindow(filling)) {
        TestNode.await("full", () -> node.transport.connections().outboundQueued() > 1 << 20);
        try (WireClient client = WireClient.withSmallWindow(server)) {
          client.send("?");
          assertTells(Recorded.only(node), "slow_consumer", ClosedBy.NODE, "outbound_queue_limit");
          assertThat(client.endsByReset()).isTrue();
        }
        assertThat(full.sent).hasValue(0);
      }
    }
  }

  @Test
  void aConnectionThatIsShedForWantOfInboundRoom() throws Exception {
    int limit = 128 << 10;
    probe.onData((peer, data) -> peer.writer.hold(peer.id, data.readableBytes()));
    try (TestNode node =
        new TestNode(TestNode.options().withQueueLimits(limit, 1 << 30, 1 << 30))) {
      OpenSslServer server = node.serve(probe).listen();
      try (WireClient client = WireClient.to(server)) {
        client.sendLater(new byte[2 * limit]).exceptionally(shed -> null);
        CloseRecord record = Recorded.only(node);
        assertTells(record, "inbound_budget", ClosedBy.NODE, "inbound_queue_limit");
        assertThat(record.bytesIn()).isGreaterThan(limit);
      }
    }
  }

  @Test
  void aDrainedConnectionThatHadNoSession() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      try (WireClient client = WireClient.to(server)) {
        TestNode.await("accepted", () -> node.transport.connections().count() == 1);
        server.endpoint().drain(MINUTE, Duration.ZERO);
        assertThat(client.receiveAll()).isEmpty();
      }
      assertTells(Recorded.only(node), "drained", ClosedBy.NODE, null);
    }
  }

  @Test
  void aDrainedConnectionWhoseSessionFinishes() throws Exception {
    CloseRecord record = asked(server -> server.endpoint().drain(MINUTE, Duration.ZERO));
    assertTells(record, "session_closed", ClosedBy.NODE, null);
    assertThat(record.note()).contains("asked to end by a drain");
  }

  @Test
  void aConnectionThatAReplyTerminates() throws Exception {
    CloseRecord record =
        asked(
            server ->
                server
                    .endpoint()
                    .connections()
                    .reply(probe.session().id, true, Unpooled.copiedBuffer("bye", US_ASCII)));
    assertTells(record, "session_closed", ClosedBy.NODE, null);
    assertThat(record.note()).contains("asked to end by a reply");
  }

  @Test
  void aConnectionThatTheOperatorCloses() throws Exception {
    CloseRecord record =
        asked(
            server ->
                assertThat(
                        server
                            .endpoint()
                            .connections()
                            .close(probe.session().id, CloseReason.CLOSED_BY_OPERATOR))
                    .isTrue());
    assertTells(record, "closed_by_operator", ClosedBy.OPERATOR, null);
    assertThat(probe.session().end()).isEqualTo(CloseReason.CLOSED_BY_OPERATOR);
  }

  @Test
  void aConnectionThatTheNodeAborts() throws Exception {
    CloseRecord record = asked(server -> server.endpoint().abortAll(CloseReason.TERMINATED));
    assertTells(record, "terminated", ClosedBy.NODE, null);
  }

  /** Of a connection that has said hello, after the node has been asked for its end. */
  private CloseRecord asked(Consumer<OpenSslServer> ask) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("hello");
        assertThat(client.receive(5)).isEqualTo("hello");
        ask.accept(server);
        client.endsByReset();
      }
      return Recorded.only(node);
    }
  }

  @Test
  void aConnectionThatIsOpenAtTheDrainsDeadline() throws Exception {
    ScriptedProtocol stubborn = new ScriptedProtocol(Execution.WORKERS).onCloseSession(s -> {});
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(stubborn).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("hello");
        assertThat(client.receive(5)).isEqualTo("hello");
        server.endpoint().drain(SHORT, Duration.ZERO);
        assertThat(server.endpoint().abortAll(CloseReason.DRAIN_DEADLINE)).isEqualTo(1);
        assertThat(client.endsByReset()).isTrue();
      }
      assertTells(Recorded.only(node), "drain_deadline", ClosedBy.NODE, "drain_timeout");
    }
  }

  /** Whoever began a close is named, and also the limit that kept it from its end. */
  @ParameterizedTest
  @CsvSource({"slow_consumer_timeout", "drain_timeout"})
  void aCloseThatALimitCutsShort(String limit) throws Exception {
    probe.greets(
        peer -> {
          peer.write(new byte[LARGE]);
          peer.close();
        });
    boolean drain = limit.equals("drain_timeout");
    try (TestNode node = new TestNode()) {
      OpenSslServer server =
          node.serve(probe).limits(Limits.times(MINUTE, MINUTE, drain ? MINUTE : SHORT)).listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        TestNode.await(
            "output waits", () -> node.transport.connections().outboundQueued() > 1 << 20);
        if (drain) {
          server.endpoint().abortAll(CloseReason.DRAIN_DEADLINE);
        }
        assertTells(Recorded.only(node), "session_closed", ClosedBy.SESSION, limit);
        assertThat(client.sent).hasValue(0);
      }
    }
  }

  @Test
  void aRecordKeepsNothingOfItsConnectionAlive() throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls().listen();
      WeakReference<Object> connection;
      try (WireClient client = WireClient.to(server)) {
        client.send("hello");
        assertThat(client.receive(5)).isEqualTo("hello");
        connection =
            new WeakReference<>(
                node.transport.connections().find(probe.session().id).orElseThrow());
      }
      WeakReference<Object> session = new WeakReference<>(probe.session());
      assertThat(Recorded.only(node).reason()).isEqualTo("peer_closed");
      TestNode.await("it ends", () -> server.endpoint().unfinished() == 0);
      probe.sessions.clear();
      // Loops may still hold on to the last connection that they served.
      WireClient.to(server).close();
      WireClient.to(server).close();
      TestNode.await(
          "both are freed",
          () -> {
            System.gc();
            return session.get() == null && connection.get() == null;
          });
      assertThat(node.transport.connections().closeRecords().total()).isPositive();
    }
  }

  /** The page for operators says what to do about each. */
  @Test
  void everyReasonAndEveryLimitStandsInTheDocumentation() throws Exception {
    String page = Files.readString(Path.of("../docs/records.md"));
    for (Field field : CloseReason.class.getFields()) {
      if (field.get(null) instanceof CloseReason reason) {
        assertThat(page).contains("\n| `" + reason.code() + "`");
      }
    }
    for (Field field : Ending.class.getFields()) {
      if (field.get(null) instanceof Ending ending && ending.limit() != null) {
        assertThat(page.lines())
            .anyMatch(
                line ->
                    line.startsWith("| `" + ending.reason() + "` | `" + ending.by() + "` |")
                        && line.contains("`" + ending.limit() + "`"));
      }
    }
    for (RecordComponent field : CloseRecord.class.getRecordComponents()) {
      assertThat(page).contains("`" + field.getName() + "`");
    }
  }

  @Test
  void aRingOfNoneRecordsNothingAndServesAllTheSame() throws Exception {
    try (TestNode node = new TestNode(TestNode.options().withCloseRecords(0))) {
      OpenSslServer server = node.serve(probe).caps(1, 1).listen();
      List<WireClient> clients = new ArrayList<>();
      clients.add(WireClient.to(server));
      TestNode.await("accepted", () -> node.transport.connections().count() == 1);
      assertRefused(server);
      clients.get(0).close();
      TestNode.await("it ends", () -> server.endpoint().unfinished() == 0);
      assertThat(node.transport.connections().closeRecords().latest(10)).isEmpty();
    }
  }
}
