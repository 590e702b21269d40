// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Bytes leave in the order of the calls that wrote them, also where one call is made from within
 * what another caused.
 */
class ReentrantWritesTest {

  private static final Duration SOON = Duration.ofSeconds(6);
  private static final int HIGH = 128 << 10;

  /** Over the mark at one go. */
  private static final int LARGE = 300_000;

  static Stream<Arguments> ways() {
    return Stream.of(false, true)
        .flatMap(
            tls ->
                Stream.of(
                    Arguments.of(Execution.EVENT_LOOP, WritesFrom.SESSION, tls),
                    Arguments.of(Execution.EVENT_LOOP, WritesFrom.LOOP_TASK, tls),
                    Arguments.of(Execution.EVENT_LOOP, WritesFrom.SESSION_TASK, tls),
                    Arguments.of(Execution.EVENT_LOOP, WritesFrom.OTHER_THREAD, tls),
                    Arguments.of(Execution.WORKERS, WritesFrom.SESSION, tls),
                    Arguments.of(Execution.WORKERS, WritesFrom.LOOP_TASK, tls),
                    Arguments.of(Execution.WORKERS, WritesFrom.OTHER_THREAD, tls)));
  }

  private static ByteBuf filled(char with, int length) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) with);
    return Unpooled.wrappedBuffer(bytes);
  }

  /** Again and again, since on other threads it would be a matter of luck. */
  @ParameterizedTest
  @MethodSource("ways")
  void whatASessionWritesWhenItHearsOfTheMarkComesBehindWhatCrossedIt(
      Execution execution, WritesFrom from, boolean tls) throws Exception {
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) ->
                    from.make(
                        session,
                        () -> session.writer.writeOutbound(session.id, filled('A', LARGE))))
            .onWritability(
                (session, writable) -> {
                  if (!writable) {
                    session.write("B");
                  }
                });
    try (TestNode node = new TestNode().endingWithin(SOON)) {
      OpenSslServer server =
          node.serve(protocol).tls(tls).limits(Limits.output(HIGH, 16 << 20, SOON)).listen();
      for (int round = 0; round < (tls ? 10 : 20); round++) {
        // Not told of the mark at all if the kernel was quick: then there is no B.
        try (WireClient client = WireClient.withSmallWindow(server)) {
          client.send("?");
          String all = new String(client.receiveBytes(LARGE), ISO_8859_1);
          assertThat(all.indexOf('B')).as("where B came in round %d", round).isNegative();
        }
      }
    }
  }

  /** The call of the close came behind the one of the write. */
  @ParameterizedTest
  @MethodSource("ways")
  void aCloseWhenItHearsOfTheMarkComesBehindWhatCrossedIt(
      Execution execution, WritesFrom from, boolean tls) throws Exception {
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) ->
                    from.make(
                        session,
                        () -> session.writer.writeOutbound(session.id, filled('A', LARGE))))
            .onWritability((session, writable) -> session.writer.closeSocket(session.id));
    try (TestNode node = new TestNode().endingWithin(SOON)) {
      OpenSslServer server =
          node.serve(protocol).tls(tls).limits(Limits.output(HIGH, 16 << 20, SOON)).listen();
      for (int round = 0; round < (tls ? 10 : 20); round++) {
        try (WireClient client = WireClient.withSmallWindow(server)) {
          client.send("?");
          assertThat(client.receiveAll()).as("round %d", round).hasSize(LARGE);
        }
        ScriptedProtocol.Conn session = protocol.session(round);
        TestNode.await("told", SOON, () -> session.reason != null);
        assertThat(session.reason).isEqualTo(CloseReason.SESSION_CLOSED);
      }
    }
  }

  /** Calls from within tasks, completions and writabilityChanged, each numbered when it is made. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void callsFromWithinEachOtherKeepTheirOrder(boolean tls) throws Exception {
    AtomicInteger next = new AtomicInteger();
    AtomicInteger told = new AtomicInteger();
    ScriptedProtocol protocol =
        new ScriptedProtocol(Execution.EVENT_LOOP)
            .onData(
                (session, data) -> {
                  burst(session, next, told);
                  for (int i = 0; i < 5; i++) {
                    session.context.executor().execute(() -> burst(session, next, told));
                  }
                })
            .onWritability((session, writable) -> numbered(session, next, told, 20, false));
    try (TestNode node = new TestNode().endingWithin(SOON)) {
      OpenSslServer server =
          node.serve(protocol).tls(tls).limits(Limits.output(HIGH, 16 << 20, SOON)).listen();
      try (WireClient client = WireClient.to(server)) {
        CompletableFuture<List<Integer>> read = WireClient.later(() -> numbers(client));
        client.send("?");
        ScriptedProtocol.Conn session = protocol.session();
        // Bursts, what their writes' ends write, and what they hand to the session's order.
        TestNode.await("written", SOON, () -> next.get() >= 6 * (20 + 20 + 5));
        TestNode.await(
            "nothing is left that would write more",
            SOON,
            () -> told.get() == next.get() && mayGoOn(session));
        assertThat(session.events).contains("writable false", "writable true");
        // In its order, behind the write that it may be at.
        session.context.execute(() -> session.writer.closeSocket(session.id));
        assertThat(read.get())
            .containsExactlyElementsOf(IntStream.range(0, next.get()).boxed().toList());
      }
    }
  }

  private static void burst(ScriptedProtocol.Conn session, AtomicInteger next, AtomicInteger told) {
    for (int i = 0; i < 20; i++) {
      numbered(session, next, told, i % 3 == 0 ? 100_000 : 50, true);
      if (i % 4 == 0) {
        session.context.execute(() -> numbered(session, next, told, 30, false));
      }
    }
  }

  private static boolean mayGoOn(ScriptedProtocol.Conn session) {
    return session.events.get(session.events.size() - 1).equals("writable true");
  }

  /** A number, a length, and as many bytes. */
  private static void numbered(
      ScriptedProtocol.Conn session,
      AtomicInteger next,
      AtomicInteger told,
      int length,
      boolean another) {
    ByteBuf data = Unpooled.buffer(8 + length);
    data.writeInt(next.getAndIncrement()).writeInt(length).writeZero(length);
    session.writer.writeOutbound(
        session.id,
        data,
        written -> {
          if (another) {
            numbered(session, next, told, 10, false);
          }
          told.incrementAndGet();
        });
  }

  private static List<Integer> numbers(WireClient client) throws IOException {
    List<Integer> numbers = new ArrayList<>();
    byte[] head = client.receiveBytes(8);
    while (head.length == 8) {
      ByteBuffer of = ByteBuffer.wrap(head);
      numbers.add(of.getInt());
      int length = of.getInt();
      assertThat(length).as("behind %s", numbers).isBetween(0, LARGE);
      client.receiveBytes(length);
      head = client.receiveBytes(8);
    }
    return numbers;
  }

  /** Datagrams on the way to one socket are in an order too. */
  @ParameterizedTest
  @EnumSource(
      value = WritesFrom.class,
      names = {"SESSION", "LOOP_TASK", "SESSION_TASK"})
  void aDatagramWrittenWhenItHearsOfTheMarkComesBehindTheOneThatCrossedIt(WritesFrom from)
      throws Exception {
    ScriptedProtocol protocol = crossingByADatagram(from);
    protocol.onWritability(
        (session, writable) -> {
          if (!writable) {
            session.write("B");
          }
        });
    try (TestNode node = new TestNode().endingWithin(SOON)) {
      DatagramServer server =
          node.serve(protocol).limits(Limits.output(4_000, 16 << 20, SOON)).udp();
      for (int round = 0; round < 20; round++) {
        try (DatagramClient client = new DatagramClient(server)) {
          assertThat(client.ask(new byte[] {'?'})).as("round %d", round).hasSize(5_000);
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = WritesFrom.class,
      names = {"SESSION", "LOOP_TASK", "SESSION_TASK"})
  void aPeerClosedWhenItHearsOfTheMarkIsSentTheDatagramThatCrossedIt(WritesFrom from)
      throws Exception {
    ScriptedProtocol protocol = crossingByADatagram(from);
    protocol.onWritability((session, writable) -> session.writer.closeSocket(session.id));
    try (TestNode node = new TestNode().endingWithin(SOON)) {
      DatagramServer server =
          node.serve(protocol).limits(Limits.output(4_000, 16 << 20, SOON)).udp();
      for (int round = 0; round < 20; round++) {
        try (DatagramClient client = new DatagramClient(server)) {
          client.send(new byte[] {'?'});
          ScriptedProtocol.Conn session = protocol.session(round);
          TestNode.await("told", SOON, () -> session.reason != null);
          assertThat(client.silent(1_000)).as("round %d", round).isFalse();
          assertThat(client.last()).hasSize(5_000);
        }
      }
    }
  }

  private static ScriptedProtocol crossingByADatagram(WritesFrom from) {
    return new ScriptedProtocol(Execution.EVENT_LOOP)
        .onData(
            (session, data) ->
                from.make(
                    session, () -> session.writer.writeOutbound(session.id, filled('A', 5_000))));
  }
}
