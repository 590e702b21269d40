// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static dev.sluice.testkit.PlatformRules.bytes;
import static dev.sluice.testkit.PlatformRules.random;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.SessionWriter;
import dev.sluice.testkit.PlatformHarness.Client;
import dev.sluice.testkit.RecordingProtocol.Call;
import dev.sluice.testkit.RecordingSession.Entry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** How output reaches the peer. */
interface PlatformOutputRules extends PlatformRules {

  /** More than the kernels of both ends hold between them. */
  int BEYOND_KERNEL = 32 << 20;

  @Test
  @DisplayName("P20. Writes of one thread arrive whole and in order, within a call and outside.")
  default void writesArriveWholeAndInOrder() {
    RecordingProtocol protocol = protocol().echo();
    Client client = harness().connect(protocol);
    byte[] much = random(300_000);
    client.send(much);
    assertThat(client.receive(much.length)).isEqualTo(much);
    RecordingSession session = protocol.session(harness());
    StringBuilder expected = new StringBuilder();
    for (int write = 0; write < 1_000; write++) {
      expected.append(write).append(';');
      assertThat(session.send(bytes(write + ";"))).isTrue();
    }
    assertThat(client.receive(expected.length())).asString().isEqualTo(expected.toString());
  }

  @Test
  @DisplayName("P21. Writes of four threads all arrive whole, each thread's in order.")
  default void writesOfSeveralThreadsArriveWhole() throws InterruptedException {
    int writes = 250;
    RecordingProtocol protocol = protocol();
    Client client = harness().connect(protocol);
    RecordingSession session = begin(protocol, client);
    List<Thread> threads = new ArrayList<>();
    for (int number = 0; number < 4; number++) {
      int name = number;
      threads.add(
          new Thread(
              () -> {
                for (int write = 0; write < writes; write++) {
                  session.send(bytes(String.format("<%d:%04d>", name, write)));
                }
              }));
    }
    threads.forEach(Thread::start);
    for (Thread thread : threads) {
      thread.join();
    }
    String received = new String(client.receive(4 * writes * 8), UTF_8);
    int[] next = new int[4];
    for (int at = 0; at < received.length(); at += 8) {
      int name = received.charAt(at + 1) - '0';
      assertThat(received.substring(at, at + 8))
          .isEqualTo(String.format("<%d:%04d>", name, next[name]++));
    }
  }

  @Test
  @DisplayName("P22. A large write just before closeSocket arrives whole.")
  default void writeJustBeforeCloseArrivesWhole() {
    byte[] much = random(2 << 20);
    RecordingProtocol protocol =
        protocol()
            .onData(
                (session, data) -> {
                  session.send(much);
                  session.writer().closeSocket(session.id());
                });
    Client client = harness().connect(protocol);
    client.send(bytes("a"));
    assertThat(client.receiveToEnd()).isEqualTo(much);
    client.close();
    awaitClosed(protocol.session(harness()), CloseReason.SESSION_CLOSED);
  }

  @Test
  @DisplayName("P23. A write after the close answers false, releases, and completes nothing.")
  default void writeAfterCloseAnswersFalseAndReleases() {
    RecordingProtocol protocol = protocol();
    Client client = harness().connect(protocol);
    RecordingSession session = begin(protocol, client);
    SessionWriter writer = session.writer();
    writer.closeSocket(session.id());
    assertRefused(session);
    client.receiveToEnd();
    client.close();
    awaitClosed(session, CloseReason.SESSION_CLOSED);
    assertRefused(session);
    writer.closeSocket(session.id());
    writer.abort(session.id(), CloseReason.SESSION_ABORTED);
    writer.pauseReads(session.id());
    writer.resumeReads(session.id());
    writer.hold(session.id(), 1);
    writer.consumed(session.id(), 1);
    assertThat(writer.shutdownOutput(session.id())).isFalse();
    harness().settle();
    assertThat(session.count(Call.COMPLETION)).isZero();
    assertThat(session.count(Call.CLOSED)).isOne();
  }

  private static void assertRefused(RecordingSession session) {
    SessionWriter writer = session.writer();
    ByteBuf data = Unpooled.copiedBuffer("late", UTF_8);
    assertThat(writer.writeOutbound(session.id(), data)).isFalse();
    assertThat(data.refCnt()).isZero();
    ByteBuf told = Unpooled.copiedBuffer("late", UTF_8);
    assertThat(writer.writeOutbound(session.id(), told, session.completion(written -> {})))
        .isFalse();
    assertThat(told.refCnt()).isZero();
    assertThat(writer.isWritable(session.id())).isFalse();
  }

  @Test
  @DisplayName("P24. With another connection's id a writer does nothing and answers false.")
  default void anotherIdDoesNothing() {
    RecordingProtocol protocol = protocol().echo();
    Client client = harness().connect(protocol);
    RecordingSession session = begin(protocol, client);
    Client neighbour = harness().connect(protocol);
    ConnId other = begin(protocol, neighbour).id();
    SessionWriter writer = session.writer();
    ByteBuf data = Unpooled.copiedBuffer("wrong", UTF_8);
    assertThat(writer.writeOutbound(other, data)).isFalse();
    assertThat(data.refCnt()).isZero();
    assertThat(writer.isWritable(other)).isFalse();
    assertThat(writer.shutdownOutput(other)).isFalse();
    writer.closeSocket(other);
    writer.abort(other, CloseReason.SESSION_ABORTED);
    writer.pauseReads(other);
    writer.hold(other, harness().inboundBudget());
    assertThatThrownBy(() -> writer.context(other)).isInstanceOf(IllegalArgumentException.class);
    for (Client each : List.of(client, neighbour)) {
      each.send(bytes("on"));
      assertThat(each.receive(3)).asString().isEqualTo(".on");
    }
  }

  @Test
  @DisplayName("P25. A peer that does not read makes it unwritable; reading makes it writable.")
  default void writabilityFollowsThePeer() {
    RecordingProtocol protocol = protocol();
    Client client = harness().connect(protocol);
    RecordingSession session = begin(protocol, client);
    assertThat(session.writer().isWritable(session.id())).isTrue();
    int written = fill(session);
    harness().await("it is told", () -> "false".equals(lastWritability(session)));
    client.receive(written);
    harness().await("it is told", () -> "true".equals(lastWritability(session)));
    assertThat(session.writer().isWritable(session.id())).isTrue();
    assertThat(session.broken()).isEmpty();
  }

  /** Writes until what is queued stays above the mark. */
  private int fill(RecordingSession session) {
    byte[] chunk = new byte[16 << 10];
    int written = 0;
    while (written < BEYOND_KERNEL * 4) {
      if (session.writer().isWritable(session.id())) {
        assertThat(session.send(chunk)).isTrue();
        written += chunk.length;
      } else {
        harness().settle();
        if (!session.writer().isWritable(session.id())) {
          return written;
        }
      }
    }
    throw new AssertionError("still writable after " + written + " bytes that nobody reads");
  }

  private static String lastWritability(RecordingSession session) {
    return session.entries().stream()
        .filter(entry -> entry.call() == Call.WRITABILITY)
        .map(Entry::detail)
        .reduce("none", (before, after) -> after);
  }

  @Test
  @DisplayName("P26. A session that saw itself unwritable hears when it may go on.")
  default void unwritableSessionHearsWhenItMayGoOn() {
    byte[] chunk = new byte[16 << 10];
    AtomicInteger written = new AtomicInteger();
    RecordingProtocol protocol =
        protocol()
            .onData(
                (session, data) -> {
                  while (session.writer().isWritable(session.id())) {
                    session.send(chunk);
                    written.addAndGet(chunk.length);
                  }
                });
    Client client = harness().connect(protocol);
    RecordingSession session = begin(protocol, client);
    client.receive(written.get());
    harness().await("it is told", () -> "true".equals(lastWritability(session)));
  }

  @Test
  @DisplayName("P27. A completion hears true, once, when the kernel has taken the bytes.")
  default void completionHearsTrue() {
    RecordingProtocol protocol = protocol();
    Client client = harness().connect(protocol);
    RecordingSession session = begin(protocol, client);
    ByteBuf data = Unpooled.copiedBuffer("told", UTF_8);
    assertThat(
            session.writer().writeOutbound(session.id(), data, session.completion(written -> {})))
        .isTrue();
    assertThat(client.receive(4)).asString().isEqualTo("told");
    harness().await("it is told", () -> session.count(Call.COMPLETION) == 1);
    assertThat(data.refCnt()).isZero();
    client.reset();
    awaitClosed(session);
    assertThat(session.entries()).contains(new Entry(Call.COMPLETION, "true"));
    assertThat(session.count(Call.COMPLETION)).isOne();
  }

  @Test
  @DisplayName("P28. A completion hears false, before connectionClosed, when the bytes are lost.")
  default void completionHearsFalse() {
    RecordingProtocol protocol = protocol();
    Client client = harness().connect(protocol);
    RecordingSession session = begin(protocol, client);
    ByteBuf data = Unpooled.wrappedBuffer(new byte[BEYOND_KERNEL]);
    assertThat(
            session.writer().writeOutbound(session.id(), data, session.completion(written -> {})))
        .isTrue();
    harness().settle();
    client.reset();
    awaitClosed(session, CloseReason.PEER_RESET);
    assertThat(session.entries()).contains(new Entry(Call.COMPLETION, "false"));
    assertThat(session.count(Call.COMPLETION)).isOne();
    assertThat(data.refCnt()).isZero();
  }

  @Test
  @DisplayName("P29. A session that ignores backpressure is closed as a slow consumer.")
  default void writingOnWithoutBoundIsClosed() {
    RecordingProtocol protocol = protocol();
    Client client = harness().connect(protocol);
    RecordingSession session = begin(protocol, client);
    byte[] chunk = new byte[64 << 10];
    int writes = 0;
    while (session.send(chunk)) {
      assertThat(++writes).as("64 KiB writes that nobody reads").isLessThan(16_384);
    }
    awaitClosed(session, CloseReason.SLOW_CONSUMER);
    client.awaitEnd();
  }

  @Test
  @DisplayName("P46. Completions come in the order of the writes, the empty ones too.")
  default void completionsComeInTheOrderOfTheWrites() {
    List<Integer> order = Collections.synchronizedList(new ArrayList<>());
    RecordingProtocol protocol = protocol();
    Client client = harness().connect(protocol);
    RecordingSession session = begin(protocol, client);
    int[] sizes = {300_000, 0, 1, 0, 40_000};
    int bytes = 0;
    for (int index = 0; index < sizes.length; index++) {
      int number = index;
      ByteBuf data = Unpooled.wrappedBuffer(new byte[sizes[index]]);
      bytes += sizes[index];
      assertThat(
              session
                  .writer()
                  .writeOutbound(
                      session.id(), data, session.completion(written -> order.add(number))))
          .isTrue();
    }
    client.receive(bytes);
    harness().await("all are told", () -> session.count(Call.COMPLETION) == sizes.length);
    assertThat(order).containsExactly(0, 1, 2, 3, 4);
    assertThat(session.entries()).doesNotContain(new Entry(Call.COMPLETION, "false"));
  }
}
