// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.Transport;
import dev.sluice.session.bridge.CloseRecord;
import dev.sluice.session.bridge.ClosedBy;
import dev.sluice.session.bridge.ConnectionState;
import dev.sluice.testkit.InMemoryEndingStage.Carrier;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * In memory a connection ends as it does in a node, by its limits and for its reasons: cell by cell
 * of the table, and then in what no cell can say.
 */
class InMemoryEndingsTest {

  private final InMemoryPlatform platform = new InMemoryPlatform(new Words());

  @AfterEach
  void close() {
    platform.close();
  }

  /** Does what it is told by a word. */
  private static final class Words implements CustomProtocolSubsystem {
    @Override
    public String name() {
      return "WORDS";
    }

    @Override
    public Set<Transport> transports() {
      return Set.of(Transport.TCP, Transport.UDP);
    }

    @Override
    public Session create(ConnId id, SessionWriter writer) {
      return new WordSession(id, writer);
    }
  }

  private static final class WordSession extends BrokenSessions.Raw {
    private boolean stubborn;

    WordSession(ConnId id, SessionWriter writer) {
      super(id, writer);
    }

    @Override
    public void handleIncomingData(ByteBuf data) {
      switch (data.toString(US_ASCII)) {
        case "close" -> writer.closeSocket(id);
        case "shut" -> writer.shutdownOutput(id);
        case "much" -> writer.writeOutbound(id, Unpooled.wrappedBuffer(new byte[1 << 20]));
        case "hold" -> writer.hold(id, 11);
        case "stubborn" -> stubborn = true;
        case "release" -> data.release();
        default -> super.handleIncomingData(data);
      }
    }

    @Override
    public void closeSession() {
      if (!stubborn) {
        super.closeSession();
      }
    }
  }

  private InMemoryConnection connect(String... words) {
    InMemoryConnection connection = platform.connect();
    for (String word : words) {
      connection.feed(word);
    }
    return connection;
  }

  private static void assertEnded(
      InMemoryConnection connection, CloseReason reason, ClosedBy by, String limit) {
    assertThat(connection.closed()).contains(reason);
    assertThat(connection.view()).isEmpty();
    CloseRecord record = connection.closeRecord().orElseThrow();
    assertThat(record.reason()).isEqualTo(reason.code());
    assertThat(record.closedBy()).isEqualTo(by);
    assertThat(record.limit().orElse("")).isEqualTo(limit);
  }

  // ---- the table of docs/endings.md

  private static final String MEMORY = "memory";
  private static final String TLS = "TLS";
  private static final String UDP = "UDP";

  private static EndingsTable table() throws IOException {
    return EndingsTable.read(EndingsTable.PAGE);
  }

  @Test
  void everyCellIsPlayedAndNothingElseIs() throws IOException {
    assertThat(InMemoryEndingScenarios.byRow().keySet())
        .containsExactlyInAnyOrderElementsOf(table().rows(MEMORY));
  }

  @TestFactory
  Stream<DynamicTest> aCellIsWhatHappens() throws IOException {
    EndingsTable table = table();
    return table.rows(MEMORY).stream()
        .map(row -> cell(row, Carrier.STREAM, table.cell(row, MEMORY)));
  }

  /** In memory nobody sees the records of TLS; all else is as in a node. */
  @TestFactory
  Stream<DynamicTest> asIfOverTlsItEndsAsInItsColumn() throws IOException {
    EndingsTable table = table();
    return alsoIn(TLS, table)
        .map(
            row ->
                cell(
                    row, Carrier.SECURE_STREAM, table.cell(row, TLS).replace("close_notify ", "")));
  }

  @TestFactory
  Stream<DynamicTest> aPeerOfDatagramsEndsAsInItsColumn() throws IOException {
    EndingsTable table = table();
    return alsoIn(UDP, table).map(row -> cell(row, Carrier.DATAGRAMS, table.cell(row, UDP)));
  }

  /** But for those that are refused: their peers are told by an exception. */
  private static Stream<String> alsoIn(String column, EndingsTable table) {
    return table.rows(MEMORY).stream()
        .filter(row -> table.rows(column).contains(row))
        .filter(row -> !table.cell(row, MEMORY).contains("refused"));
  }

  private static DynamicTest cell(String row, Carrier carrier, String expected) {
    return dynamicTest(
        row,
        () -> {
          try (InMemoryEndingStage stage = new InMemoryEndingStage(carrier)) {
            Objects.requireNonNull(InMemoryEndingScenarios.byRow().get(row), "no scenario")
                .on(stage);
            assertThat(stage.outcome()).isEqualTo(expected);
          }
        });
  }

  // ---- drain

  @Test
  void aDrainClosesAConnectionWithoutASession() {
    InMemoryConnection tcp = connect();
    tcp.drain(Duration.ofSeconds(5));
    assertEnded(tcp, CloseReason.DRAINED, ClosedBy.NODE, "");
    platform.transport(Transport.UDP);
    InMemoryConnection udp = connect();
    udp.drain(Duration.ofSeconds(5));
    assertEnded(udp, CloseReason.DRAINED, ClosedBy.NODE, "");
  }

  @Test
  void withinTheGraceAFirstRequestIsStillServed() {
    InMemoryConnection silent = connect();
    InMemoryConnection late = connect();
    silent.drain(Duration.ofSeconds(10), Duration.ofSeconds(2));
    late.drain(Duration.ofSeconds(10), Duration.ofSeconds(2));
    platform.advance(Duration.ofMillis(1900));
    assertThat(silent.closed()).isEmpty();
    late.feed("hello");
    assertThat(late.receivedText()).isEqualTo("hello");
    assertEnded(late, CloseReason.SESSION_CLOSED, ClosedBy.NODE, "");
    platform.advance(Duration.ofMillis(600));
    assertEnded(silent, CloseReason.DRAINED, ClosedBy.NODE, "");
  }

  @Test
  void whoDoesNotEndInTimeIsBrokenOffAtTheDeadline() {
    InMemoryConnection connection = connect("stubborn");
    connection.drain(Duration.ofSeconds(5));
    platform.advance(Duration.ofMillis(4999));
    assertThat(connection.closed()).isEmpty();
    platform.advance(Duration.ofMillis(1));
    assertEnded(connection, CloseReason.DRAIN_DEADLINE, ClosedBy.NODE, "drain_timeout");
    assertThat(connection.brokenOff()).isTrue();
  }

  @Test
  void aSessionThatWasAskedToEndDidNotBeginTheClose() {
    InMemoryConnection asked = connect("hello");
    asked.askToClose();
    assertEnded(asked, CloseReason.SESSION_CLOSED, ClosedBy.NODE, "");
    assertThat(asked.receivedText()).isEqualTo("hello");
    InMemoryConnection own = connect("close");
    assertEnded(own, CloseReason.SESSION_CLOSED, ClosedBy.SESSION, "");
    assertThat(own.brokenOff()).isFalse();
  }

  // ---- deadlines

  @Test
  void whereNothingMovesTheConnectionExpires() {
    platform.idleTimeout(Duration.ofSeconds(5));
    InMemoryConnection connection = connect("hello");
    platform.advance(Duration.ofSeconds(4));
    connection.feed("again");
    platform.advance(Duration.ofMillis(4900));
    assertThat(connection.closed()).isEmpty();
    platform.advance(Duration.ofMillis(600));
    assertEnded(connection, CloseReason.IDLE_TIMEOUT, ClosedBy.NODE, "idle_connection_timeout");
  }

  @Test
  void aPeerThatTakesNothingIsASlowConsumer() {
    InMemoryConnection connection = connect();
    connection.stopReading();
    connection.feed("much");
    platform.advance(Duration.ofSeconds(29));
    connection.read(1);
    platform.advance(Duration.ofSeconds(29));
    assertThat(connection.closed()).isEmpty();
    platform.advance(Duration.ofSeconds(2));
    assertEnded(connection, CloseReason.SLOW_CONSUMER, ClosedBy.NODE, "slow_consumer_timeout");
    assertThat(connection.received()).hasSize(1);
    assertThat(connection.pendingOutput()).isZero();
  }

  @Test
  void aSessionThatWritesOnWithoutBoundIsCutOff() {
    platform.outputMarks(16, 1 << 20);
    InMemoryConnection connection = connect();
    connection.stopReading();
    connection.feed("much");
    connection.feed("x");
    // What was queued before it counts.
    assertThat(connection.closed()).isEmpty();
    assertThat(connection.reading()).as("paced by its input").isFalse();
    SessionWriter writer = connection.writer();
    assertThat(writer.writeOutbound(connection.context().id(), Unpooled.buffer(1).writeZero(1)))
        .isTrue();
    assertThat(writer.writeOutbound(connection.context().id(), Unpooled.buffer(1).writeZero(1)))
        .isFalse();
    connection.runAll();
    assertEnded(connection, CloseReason.SLOW_CONSUMER, ClosedBy.NODE, "outbound_connection_limit");
  }

  @Test
  void aCloseWaitsForThePeersEndAndNotForEver() {
    InMemoryConnection patient = connect();
    InMemoryConnection cut = connect();
    patient.stayOpen();
    cut.stayOpen();
    patient.feed("close");
    cut.feed("close");
    assertThat(patient.outputEnded()).isTrue();
    assertThat(patient.closed()).isEmpty();
    assertThat(patient.view().orElseThrow().state()).isEqualTo(ConnectionState.LINGERING);
    patient.feed("what nobody reads");
    patient.endInput();
    assertEnded(patient, CloseReason.SESSION_CLOSED, ClosedBy.SESSION, "");
    platform.advance(Duration.ofSeconds(6));
    assertEnded(cut, CloseReason.SESSION_CLOSED, ClosedBy.SESSION, "");
  }

  @Test
  void aSideThatWasEndedBeforeTheCloseIsNoHindrance() {
    InMemoryConnection connection = connect("hello", "shut");
    assertThat(connection.outputEnded()).isTrue();
    assertThat(connection.closed()).isEmpty();
    connection.feed("close");
    assertEnded(connection, CloseReason.SESSION_CLOSED, ClosedBy.SESSION, "");
    InMemoryConnection followed = connect("shut");
    followed.endInput();
    assertEnded(followed, CloseReason.PEER_CLOSED, ClosedBy.PEER, "");
  }

  @Test
  void aHandshakeHasItsTime() {
    assertThatThrownBy(platform::connectHandshaking).isInstanceOf(IllegalStateException.class);
    platform.secure();
    InMemoryConnection slow = platform.connectHandshaking();
    slow.feed("hello");
    assertThat(slow.received()).isEmpty();
    slow.finishHandshake();
    assertThat(slow.receivedText()).isEqualTo("hello");
    InMemoryConnection never = platform.connectHandshaking();
    platform.advance(Duration.ofSeconds(11));
    assertThat(slow.closed()).isEmpty();
    assertEnded(never, CloseReason.HANDSHAKE_TIMEOUT, ClosedBy.NODE, "handshake_timeout");
  }

  // ---- caps and budgets

  @Test
  void capsCountWhatIsOpen() {
    platform.caps(1, 2);
    InMemoryConnection first = connect("hello");
    InMemoryConnection second = connect("hello");
    assertThat(first.closed()).isEmpty();
    assertEnded(second, CloseReason.CAPPED, ClosedBy.NODE, "max_open_sessions_soft");
    InMemoryConnection silent = connect();
    assertThatThrownBy(platform::connect).isInstanceOf(IllegalStateException.class);
    assertThat(platform.closeRecords().get(0).reason()).isEqualTo(CloseReason.HARD_CAP.code());
    silent.reset();
    first.reset();
    assertThat(connect("hello").receivedText()).isEqualTo("hello");
    assertThatThrownBy(() -> platform.caps(2, 2)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aFullNodeClosesWhoHoldsMost() {
    platform.inboundBudget(20);
    InMemoryConnection more = connect("hold", "hold");
    assertThat(more.heldBytes()).isEqualTo(22);
    assertThat(more.reading()).isFalse();
    InMemoryConnection less = connect("hold");
    assertThat(less.reading()).isFalse();
    platform.advance(Duration.ofSeconds(3));
    assertEnded(more, CloseReason.INBOUND_BUDGET, ClosedBy.NODE, "inbound_queue_limit");
    assertThat(less.closed()).isEmpty();
    assertThat(less.reading()).isTrue();
  }

  // ---- failures

  @Test
  void whoReleasesWhatItHasBorrowedIsClosed() {
    for (Transport transport : Transport.values()) {
      // Its end fails for what was found.
      InMemoryPlatform broken = new InMemoryPlatform(new Words()).transport(transport);
      InMemoryConnection connection = broken.connect();
      connection.feed("release");
      assertEnded(connection, CloseReason.PROTOCOL_ERROR, ClosedBy.SESSION, "");
      assertThat(connection.violations())
          .containsExactly("handleIncomingData: a borrowed buffer was released by the session");
      assertThatThrownBy(broken::close).hasMessageContaining("a borrowed buffer was released");
    }
  }

  @Test
  void aDatagramBehindTheCloseIsNotTheSessions() {
    platform.transport(Transport.UDP);
    InMemoryConnection peer = connect("hello", "close");
    assertEnded(peer, CloseReason.SESSION_CLOSED, ClosedBy.SESSION, "");
    peer.feed("hello");
    peer.endInput();
    assertThat(peer.receivedText()).isEqualTo("hello");
    assertThat(peer.violations()).isEmpty();
  }
}
