// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static dev.sluice.testkit.PlatformRules.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.api.CloseReason;
import dev.sluice.api.SessionContext;
import dev.sluice.testkit.PlatformHarness.Client;
import dev.sluice.testkit.RecordingProtocol.Call;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** How connections end, and that a session's failure costs only its own. */
interface PlatformCloseRules extends PlatformRules {

  CloseReason OWN = CloseReason.of("said_goodbye");

  @Test
  @DisplayName("P30. closeSocket ends with SESSION_CLOSED, or with the session's own reason.")
  default void closeSocketEndsWithTheSessionsReason() {
    RecordingProtocol protocol = protocol();
    Client plain = harness().connect(protocol);
    RecordingSession first = begin(protocol, plain);
    first.writer().closeSocket(first.id());
    assertThat(plain.receiveToEnd()).isEmpty();
    plain.close();
    awaitClosed(first, CloseReason.SESSION_CLOSED);

    Client other = harness().connect(protocol);
    RecordingSession second = begin(protocol, other);
    second.writer().closeSocket(second.id(), OWN);
    second.writer().closeSocket(second.id());
    second.writer().closeSocket(second.id(), CloseReason.PROTOCOL_ERROR);
    assertThat(other.receiveToEnd()).isEmpty();
    other.close();
    awaitClosed(second, OWN);
  }

  @Test
  @DisplayName("P31. abort ends at once; the first reason given stands.")
  default void abortEndsAtOnce() {
    RecordingProtocol protocol = protocol();
    Client client = harness().connect(protocol);
    RecordingSession first = begin(protocol, client);
    first.writer().abort(first.id(), CloseReason.SESSION_ABORTED);
    first.writer().abort(first.id(), OWN);
    awaitClosed(first, CloseReason.SESSION_ABORTED);
    client.awaitEnd();

    Client stuck = harness().connect(protocol);
    RecordingSession second = begin(protocol, stuck);
    ByteBuf much = Unpooled.wrappedBuffer(new byte[PlatformOutputRules.BEYOND_KERNEL]);
    second.writer().writeOutbound(second.id(), much);
    second.writer().closeSocket(second.id(), OWN);
    second.writer().abort(second.id(), CloseReason.SESSION_ABORTED);
    awaitClosed(second, OWN);
    assertThat(much.refCnt()).isZero();
    stuck.awaitEnd();
  }

  @Test
  @DisplayName("P32. A peer's end and a peer's reset are told apart.")
  default void peersEndAndResetAreToldApart() {
    RecordingProtocol protocol = protocol();
    Client closing = harness().connect(protocol);
    RecordingSession first = begin(protocol, closing);
    closing.close();
    awaitClosed(first, CloseReason.PEER_CLOSED);

    Client breaking = harness().connect(protocol);
    RecordingSession second = begin(protocol, breaking);
    breaking.reset();
    awaitClosed(second, CloseReason.PEER_RESET);
  }

  @Test
  @DisplayName("P33. A silent connection ends with IDLE_TIMEOUT.")
  default void silentConnectionExpires() {
    RecordingProtocol protocol = protocol();
    Client client = harness().connectIdle(protocol, Duration.ofMillis(500));
    RecordingSession session = begin(protocol, client);
    awaitClosed(session, CloseReason.IDLE_TIMEOUT);
    client.awaitEnd();
  }

  @Test
  @DisplayName("P47. A session may have an idle timeout of its own, longer or shorter.")
  default void sessionsOwnIdleTimeoutCounts() {
    RecordingProtocol protocol = protocol();
    Client client = harness().connectIdle(protocol, Duration.ofMillis(500));
    RecordingSession patient = begin(protocol, client);
    SessionContext context = patient.writer().context(patient.id());
    context.idleTimeout(Duration.ofHours(1));
    assertThat(context.idleTimeout()).isEqualTo(Duration.ofHours(1));
    assertThatIllegalArgumentException().isThrownBy(() -> context.idleTimeout(Duration.ZERO));

    // As silent as the one, and begun later: when that has expired, the one would have too.
    Client second = harness().connect(protocol);
    RecordingSession impatient = begin(protocol, second);
    impatient.writer().context(impatient.id()).idleTimeout(Duration.ofMillis(1500));
    awaitClosed(impatient, CloseReason.IDLE_TIMEOUT);
    second.awaitEnd();
    assertThat(patient.count(Call.CLOSED)).isZero();

    context.idleTimeout(Duration.ofMillis(1));
    awaitClosed(patient, CloseReason.IDLE_TIMEOUT);
    client.awaitEnd();
  }

  @Test
  @DisplayName("P34. A drain is told once; a session that ends in time ends in order.")
  default void drainedSessionEndsInOrder() {
    RecordingProtocol protocol =
        protocol()
            .on(
                Call.DRAIN,
                session -> {
                  session.send(bytes("bye"));
                  session.writer().closeSocket(session.id());
                });
    Client client = harness().connect(protocol);
    RecordingSession session = begin(protocol, client);
    harness().drain(Duration.ofSeconds(5));
    assertThat(client.receiveToEnd()).asString().isEqualTo("bye");
    client.close();
    awaitClosed(session, CloseReason.SESSION_CLOSED);
    assertThat(session.count(Call.DRAIN)).isOne();
  }

  @Test
  @DisplayName("P35. What is open at the drain's deadline ends with DRAIN_DEADLINE.")
  default void drainEndsAtItsDeadline() {
    RecordingProtocol protocol = protocol().on(Call.DRAIN, session -> {});
    Client client = harness().connect(protocol);
    RecordingSession session = begin(protocol, client);
    harness().drain(Duration.ofMillis(500));
    awaitClosed(session, CloseReason.DRAIN_DEADLINE);
    client.awaitEnd();
  }

  @Test
  @DisplayName("P36. create that throws or answers null costs its connection only.")
  default void failedCreateCostsItsConnectionOnly() {
    RecordingProtocol throwing = protocol().echo().on(Call.CREATE, PlatformCloseRules::failFirst);
    Client client = harness().connect(throwing);
    client.send(bytes("a"));
    client.awaitEnd();
    assertThat(throwing.creates()).isOne();
    assertServes(throwing);

    RecordingProtocol answersNull = protocol().echo().answersNull();
    Client other = harness().connect(answersNull);
    other.send(bytes("a"));
    other.awaitEnd();
    assertThat(answersNull.creates()).isOne();
    assertServes(answersNull);
  }

  @Test
  @DisplayName("P37. handleIncomingData that throws ends its connection only.")
  default void failureOnInputCostsItsConnectionOnly() {
    fails(
        protocol()
            .onData(
                (session, data) -> {
                  failFirst(session);
                  session.writer().writeOutbound(session.id(), data.retain());
                }),
        (session, client) -> {});
  }

  @Test
  @DisplayName("P38. incomingComplete that throws ends its connection only.")
  default void failureOnIncomingCompleteCostsItsConnectionOnly() {
    fails(
        protocol().echo().on(Call.INCOMING_COMPLETE, PlatformCloseRules::failFirst),
        (session, client) -> {});
  }

  @Test
  @DisplayName("P39. inputClosed that throws ends its connection only.")
  default void failureOnInputClosedCostsItsConnectionOnly() {
    fails(
        protocol().echo().on(Call.INPUT_CLOSED, PlatformCloseRules::failFirst),
        (session, client) -> client.endOutput());
  }

  @Test
  @DisplayName("P40. A task that throws ends its connection only.")
  default void failureOfATaskCostsItsConnectionOnly() {
    fails(
        protocol().echo().on(Call.TASK, PlatformCloseRules::failFirst),
        (session, client) -> session.context().execute(session.task("fails", () -> {})));
    fails(
        protocol().echo().on(Call.TASK, PlatformCloseRules::failFirst),
        (session, client) ->
            session.context().schedule(Duration.ofMillis(1), session.task("fails", () -> {})));
  }

  @Test
  @DisplayName("P41. A completion that throws ends its connection only.")
  default void failureOfACompletionCostsItsConnectionOnly() {
    fails(
        protocol().echo().on(Call.COMPLETION, PlatformCloseRules::failFirst),
        (session, client) ->
            session
                .writer()
                .writeOutbound(
                    session.id(),
                    Unpooled.copiedBuffer(new byte[1]),
                    session.completion(written -> {})));
  }

  @Test
  @DisplayName("P42. drainRequested that throws ends its connection with PROTOCOL_ERROR.")
  default void failureOnDrainEndsTheConnection() {
    RecordingProtocol protocol = protocol().on(Call.DRAIN, PlatformCloseRules::failFirst);
    Client client = harness().connect(protocol);
    RecordingSession session = begin(protocol, client);
    harness().drain(Duration.ofSeconds(5));
    client.awaitEnd();
    client.close();
    awaitClosed(session, CloseReason.PROTOCOL_ERROR);
  }

  @Test
  @DisplayName("P43. connectionClosed that throws costs nobody anything.")
  default void failureOnConnectionClosedCostsNothing() {
    RecordingProtocol protocol = protocol().echo().on(Call.CLOSED, PlatformCloseRules::failFirst);
    Client client = harness().connect(protocol);
    RecordingSession session = begin(protocol, client);
    client.reset();
    awaitClosed(session, CloseReason.PEER_RESET);
    assertServes(protocol);
  }

  @Test
  @DisplayName("P44. A drain closes a connection that has no session, and waits for nobody.")
  default void drainClosesAConnectionWithoutASession() {
    RecordingProtocol protocol = protocol();
    Client client = harness().connect(protocol);
    harness().settle();
    harness().drain(Duration.ofMinutes(5));
    client.awaitEnd();
    client.close();
    assertThat(protocol.creates()).isZero();
  }

  @Test
  @DisplayName("P45. A session that releases what it has borrowed ends its connection only.")
  default void releaseOfABorrowedBufferCostsItsConnectionOnly() {
    fails(
        protocol()
            .onData(
                (session, data) -> {
                  if (session.number() == 0) {
                    data.release();
                  } else {
                    session.writer().writeOutbound(session.id(), data.retain());
                  }
                }),
        (session, client) -> {});
  }

  /** The first session fails once provoked; the protocol goes on serving others. */
  private void fails(RecordingProtocol protocol, BiConsumer<RecordingSession, Client> provoke) {
    Client client = harness().connect(protocol);
    client.send(bytes("a"));
    RecordingSession session = protocol.session(harness());
    provoke.accept(session, client);
    client.awaitEnd();
    client.close();
    awaitClosed(session, CloseReason.PROTOCOL_ERROR);
    assertServes(protocol);
  }

  private void assertServes(RecordingProtocol protocol) {
    try (Client client = harness().connect(protocol)) {
      client.send(bytes("served"));
      assertThat(client.receive(6)).asString().isEqualTo("served");
    }
  }

  private static void failFirst(RecordingSession session) {
    if (session.number() == 0) {
      throw new IllegalStateException("thrown by a test's session");
    }
  }
}
