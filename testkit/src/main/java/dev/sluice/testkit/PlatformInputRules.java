// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static dev.sluice.testkit.PlatformRules.bytes;
import static dev.sluice.testkit.PlatformRules.random;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.testkit.PlatformHarness.Client;
import dev.sluice.testkit.RecordingProtocol.Call;
import dev.sluice.testkit.RecordingSession.Entry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** How a session is made and how input reaches it. */
interface PlatformInputRules extends PlatformRules {

  @Test
  @DisplayName("P1. A session is made once, when the first bytes have come.")
  default void sessionIsMadeOnceOnFirstBytes() {
    RecordingProtocol protocol = protocol();
    Client client = harness().connect(protocol);
    harness().settle();
    assertThat(protocol.creates()).as("sessions before the first byte").isZero();
    client.send(bytes("a"));
    RecordingSession session = protocol.session(harness());
    client.send(bytes("b"));
    awaitReceived(session, "ab");
    assertThat(protocol.creates()).isOne();
  }

  @Test
  @DisplayName("P2. Where the protocol speaks first, the session is made at once.")
  default void sessionIsMadeAtOnceWhereTheProtocolSpeaksFirst() {
    RecordingProtocol protocol =
        protocol().talksFirst().on(Call.CREATE, session -> session.send(bytes("hello")));
    Client client = harness().connect(protocol);
    assertThat(client.receive(5)).asString().isEqualTo("hello");
    client.send(bytes("a"));
    awaitReceived(protocol.session(harness()), "a");
    assertThat(protocol.creates()).isOne();
  }

  @Test
  @DisplayName("P3. A capped connection gets the session of createCapped.")
  default void cappedConnectionGetsACappedSession() {
    List<RecordingSession> capped = Collections.synchronizedList(new ArrayList<>());
    RecordingProtocol protocol =
        protocol()
            .ownCapped()
            .on(
                Call.CREATE,
                session -> {
                  capped.add(session);
                  session.send(bytes("full"));
                  session.writer().closeSocket(session.id(), CloseReason.CAPPED);
                });
    Client client = harness().connectCapped(protocol);
    client.send(bytes("a"));
    assertThat(client.receiveToEnd()).asString().isEqualTo("full");
    client.close();
    RecordingSession session = protocol.session(harness());
    awaitClosed(session, CloseReason.CAPPED);
    assertThat(session.received()).as("input after the close asked for in create").isEmpty();
    assertThat(capped).containsExactly(session);
  }

  @Test
  @DisplayName("P4. A protocol that does not answer when capped has the connection closed.")
  default void cappedConnectionIsClosedByDefault() {
    RecordingProtocol protocol = protocol();
    Client client = harness().connectCapped(protocol);
    client.send(bytes("a"));
    assertThat(client.receiveToEnd()).isEmpty();
    assertThat(protocol.creates()).isZero();
  }

  @Test
  @DisplayName("P5. Writer and context work within create, and the context after the close.")
  default void writerAndContextWorkFromCreateUntilAfterTheClose() {
    List<Object> seen = Collections.synchronizedList(new ArrayList<>());
    RecordingProtocol protocol =
        protocol()
            .on(
                Call.CREATE,
                session -> {
                  seen.add(session.context());
                  session.send(bytes("1"));
                });
    Client client = harness().connect(protocol);
    client.send(bytes("a"));
    assertThat(client.receive(1)).asString().isEqualTo("1");
    RecordingSession session = protocol.session(harness());
    client.reset();
    awaitClosed(session);
    assertThat(seen).containsExactly(session.context());
    assertThat(session.context().id()).isEqualTo(session.id());
    assertThat(session.context().secure()).isEqualTo(harness().secure());
    assertThat(session.context().remoteAddress()).isNotNull();
    assertThat(session.context().localAddress()).isNotNull();
    session.context().count("after_close");
    session.context().note("after close");
  }

  @Test
  @DisplayName("P6. Input arrives whole and in order, never empty.")
  default void inputArrivesWholeAndInOrder() {
    RecordingProtocol protocol = protocol();
    Client client = harness().connect(protocol);
    byte[] much = random(1 << 20);
    client.send(much);
    RecordingSession session = protocol.session(harness());
    harness().await("all has arrived", () -> session.received().length == much.length);
    assertThat(session.received()).isEqualTo(much);
    assertThat(session.entries()).doesNotContain(new Entry(Call.DATA, "0"));
  }

  @Test
  @DisplayName("P7. A pass of reading ends with incomingComplete after some 64 KiB at the most.")
  default void everyPassEndsWithIncomingComplete() {
    RecordingProtocol protocol = protocol();
    Client client = harness().connect(protocol);
    client.send(random(1 << 20));
    RecordingSession session = protocol.session(harness());
    harness()
        .await(
            "all has arrived and the last pass is over",
            () -> session.received().length == 1 << 20 && endsWithComplete(session.entries()));
    int pass = 0;
    Call before = Call.INCOMING_COMPLETE;
    for (Entry entry : session.entries()) {
      if (entry.call() == Call.DATA) {
        pass += Integer.parseInt(entry.detail());
        assertThat(pass).as("bytes of a pass").isLessThanOrEqualTo(2 * (64 << 10));
      } else if (entry.call() == Call.INCOMING_COMPLETE) {
        assertThat(before).as("before incomingComplete").isEqualTo(Call.DATA);
        pass = 0;
      }
      before = entry.call();
    }
  }

  private static boolean endsWithComplete(List<Entry> entries) {
    return entries.get(entries.size() - 1).call() == Call.INCOMING_COMPLETE;
  }

  @Test
  @DisplayName("P8. A retained buffer keeps its bytes until it is released.")
  default void retainedBufferKeepsItsBytes() {
    List<ByteBuf> kept = Collections.synchronizedList(new ArrayList<>());
    RecordingProtocol protocol = protocol().onData((session, data) -> kept.add(data.retain()));
    Client client = harness().connect(protocol);
    byte[] much = random(256 << 10);
    client.send(much);
    RecordingSession session = protocol.session(harness());
    harness().await("all has arrived", () -> session.received().length == much.length);
    harness().settle();
    ByteBuf all = Unpooled.wrappedBuffer(kept.toArray(ByteBuf[]::new));
    try {
      assertThat(ByteBufUtil.getBytes(all)).isEqualTo(much);
    } finally {
      all.release();
    }
  }

  @Test
  @DisplayName("P9. While reads are paused nothing new is delivered.")
  default void pausedReadsDeliverNothing() {
    RecordingProtocol protocol = protocol();
    Client client = harness().connect(protocol);
    RecordingSession session = begin(protocol, client);
    session.writer().pauseReads(session.id());
    session.writer().pauseReads(session.id());
    harness().settle();
    client.send(bytes("late"));
    harness().settle();
    assertThat(session.received()).asString().isEqualTo(".");
    session.writer().resumeReads(session.id());
    awaitReceived(session, ".late");
  }

  @Test
  @DisplayName("P10. Input held over the budget pauses reads until it is consumed.")
  default void heldInputPausesReads() {
    RecordingProtocol protocol = protocol();
    Client client = harness().connect(protocol);
    RecordingSession session = begin(protocol, client);
    session.writer().hold(session.id(), harness().inboundBudget());
    harness().settle();
    client.send(bytes("late"));
    harness().settle();
    assertThat(session.received()).asString().isEqualTo(".");
    session.writer().consumed(session.id(), Integer.MAX_VALUE);
    awaitReceived(session, ".late");
  }

  @Test
  @DisplayName("P11. Input after the session asked for a close is dropped.")
  default void inputAfterACloseIsDropped() {
    RecordingProtocol protocol =
        protocol().onData((session, data) -> session.writer().closeSocket(session.id()));
    Client client = harness().connect(protocol);
    client.send(bytes("a"));
    RecordingSession session = protocol.session(harness());
    client.receiveToEnd();
    harness().settle();
    client.send(bytes("b"));
    client.close();
    awaitClosed(session, CloseReason.SESSION_CLOSED);
    assertThat(session.received()).asString().isEqualTo("a");
  }

  @Test
  @DisplayName("P12. The peer's end comes after all its input, and answers still reach it.")
  default void inputClosedComesAfterAllInput() {
    RecordingProtocol protocol =
        protocol()
            .on(
                Call.INPUT_CLOSED,
                session -> {
                  session.send(session.received());
                  session.writer().closeSocket(session.id());
                });
    Client client = harness().connect(protocol);
    byte[] much = random(200_000);
    client.send(much);
    client.endOutput();
    assertThat(client.receiveToEnd()).isEqualTo(much);
    awaitClosed(protocol.session(harness()), CloseReason.PEER_CLOSED);
    assertThat(protocol.session(harness()).count(Call.INPUT_CLOSED)).isOne();
  }

  @Test
  @DisplayName("P13. A session that has begun answers behind the peer's end, on whatever thread.")
  default void answersAfterTheEndOfInputReachThePeer() {
    RecordingProtocol protocol =
        protocol()
            .on(
                Call.INPUT_CLOSED,
                session ->
                    session
                        .context()
                        .schedule(
                            Duration.ofMillis(20),
                            session.task(
                                "answer",
                                () -> {
                                  session.send(bytes("late"));
                                  session.writer().closeSocket(session.id());
                                })));
    Client client = harness().connect(protocol);
    client.send(bytes("a"));
    client.endOutput();
    assertThat(client.receiveToEnd()).asString().isEqualTo("late");
    awaitClosed(protocol.session(harness()), CloseReason.PEER_CLOSED);
  }

  @Test
  @DisplayName("P14. shutdownOutput ends the sending side only, and says where it can't.")
  default void shutdownOutputEndsOnlyTheSendingSide() {
    RecordingProtocol protocol = protocol();
    Client client = harness().connect(protocol);
    RecordingSession session = begin(protocol, client);
    session.send(bytes("last"));
    boolean done = session.writer().shutdownOutput(session.id());
    assertThat(done).isEqualTo(!harness().secure());
    if (done) {
      assertThat(client.receiveToEnd()).asString().isEqualTo("last");
      assertThat(session.send(bytes("more"))).as("a write after it").isFalse();
    }
    client.send(bytes("on"));
    awaitReceived(session, ".on");
  }
}
