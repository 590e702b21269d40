// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import dev.sluice.transport.epoll.AnyClient.Wire;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A session that gives away what it was only lent costs its own connection and no other. */
class BorrowedBuffersTest {

  private static final Duration SOON = Duration.ofSeconds(4);

  /** What begins with it goes to a session that does wrong. */
  private static final byte WRONG = '!';

  /** What a session does to the buffer that it was lent. */
  private enum Way {
    RELEASES,
    RELEASES_AND_THROWS,
    /** By a write, which takes ownership, after its close; the write is refused and releases. */
    WRITES_WHEN_CLOSED,
    /** By a write that is accepted. */
    WRITES
  }

  static Stream<Arguments> ways() {
    return Stream.of(Wire.values())
        .flatMap(
            wire ->
                Stream.of(Execution.EVENT_LOOP, Execution.WORKERS)
                    .flatMap(
                        execution ->
                            Stream.of(Way.values())
                                .map(way -> Arguments.of(wire, execution, way))));
  }

  private static void misuse(Way way, ScriptedProtocol.Conn session, ByteBuf data) {
    switch (way) {
      case RELEASES -> data.release();
      case RELEASES_AND_THROWS -> {
        data.release();
        throw new IllegalStateException("as the test wants");
      }
      case WRITES_WHEN_CLOSED -> {
        session.writer.closeSocket(session.id);
        assertThat(session.writer.writeOutbound(session.id, data)).isFalse();
      }
      case WRITES -> session.writer.writeOutbound(session.id, data);
    }
  }

  private static ScriptedProtocol misusing(Execution execution, Way way) {
    return new ScriptedProtocol(execution)
        .onData(
            (session, data) -> {
              if (data.getByte(data.readerIndex()) == WRONG) {
                session.armed = true;
                misuse(way, session, data);
              } else {
                session.writer.writeOutbound(session.id, data.retain());
              }
            });
  }

  private static void assertReason(CloseReason reason, Way way) {
    switch (way) {
      case RELEASES, RELEASES_AND_THROWS ->
          assertThat(reason).isEqualTo(CloseReason.PROTOCOL_ERROR);
      // Its own close came first, and stands.
      case WRITES_WHEN_CLOSED -> assertThat(reason).isEqualTo(CloseReason.SESSION_CLOSED);
      // It may show only where the bytes are sent, as a buffer that is gone.
      case WRITES ->
          assertThat(reason).isIn(CloseReason.PROTOCOL_ERROR, CloseReason.INTERNAL_ERROR);
    }
  }

  /** Every session that is left is asked to end, and nothing is left when its client has gone. */
  private static void assertDrains(
      InterfaceServer server, ScriptedProtocol protocol, AnyClient... clients) throws Exception {
    server.close();
    server.endpoint().drain(SOON, Duration.ZERO);
    for (ScriptedProtocol.Conn session : protocol.sessions) {
      TestNode.await(
          "asked to end, or ended",
          SOON,
          () -> session.reason != null || session.events.contains("closeSession"));
    }
    List.of(clients).forEach(AnyClient::close);
    assertThat(server.endpoint().awaitNone(SOON)).isTrue();
  }

  /** On one loop, so that whatever is broken there would be broken for all. */
  @ParameterizedTest
  @MethodSource("ways")
  void inItsDataItIsClosedAndTheOthersGoOn(Wire wire, Execution execution, Way way)
      throws Exception {
    ScriptedProtocol protocol = misusing(execution, way);
    List<AnyClient> clients = new ArrayList<>();
    byte[] fine = WireClient.noise(7, 1000);
    fine[0] = '.';
    byte[] wrong = WireClient.noise(8, 1000);
    wrong[0] = WRONG;
    try (TestNode node = new TestNode(TestNode.options().withThreads(1, 2)).endingWithin(SOON)) {
      InterfaceServer server = wire.listen(node.serve(protocol));
      try {
        AnyClient healthy = wire.connect(server);
        clients.add(healthy);
        assertThat(healthy.ask(fine)).isEqualTo(fine);
        for (int i = 1; i <= (wire == Wire.TLS ? 2 : 5); i++) {
          AnyClient client = wire.connect(server);
          clients.add(client);
          client.send(wrong);
          ScriptedProtocol.Conn session = protocol.session(i);
          TestNode.await("it closes", SOON, session::closing);
          client.close();
          TestNode.await("told", SOON, () -> session.reason != null);
          assertReason(session.reason, way);
          assertThat(healthy.ask(fine)).isEqualTo(fine);
        }
        AnyClient late = wire.connect(server);
        clients.add(late);
        assertThat(late.ask(fine)).isEqualTo(fine);
        TestNode.await("two are left", SOON, () -> server.endpoint().unfinished() == 2);
        TestNode.await(
            "no input waits", SOON, () -> node.transport.connections().inboundQueued() == 0);
        assertThat(node.transport.connections().outboundQueued()).isZero();
        assertDrains(server, protocol, healthy, late);
      } finally {
        clients.forEach(AnyClient::close);
      }
    }
  }

  /** So that datagrams of good and bad peers are in the same pass. */
  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void datagramsBesideItsOwnArriveAsTheyWereSent(Execution execution) throws Exception {
    ScriptedProtocol protocol = misusing(execution, Way.RELEASES);
    try (TestNode node = new TestNode(TestNode.options().withThreads(1, 2)).endingWithin(SOON)) {
      DatagramServer server = node.serve(protocol).bindUdp();
      List<DatagramClient> good = new ArrayList<>();
      try (DatagramClient bad = new DatagramClient(server)) {
        for (int i = 0; i < 4; i++) {
          good.add(new DatagramClient(server));
          good.get(i).send(numbered(i));
          bad.send(new byte[] {WRONG, 1, 2, 3});
        }
        server.listen();
        for (int round = 0; round < 5; round++) {
          for (int i = 0; i < 4; i++) {
            assertThat(good.get(i).receive()).isEqualTo(numbered(i));
            bad.send(new byte[] {WRONG, 1, 2, 3});
            good.get(i).send(numbered(i));
          }
        }
        for (int i = 0; i < 4; i++) {
          assertThat(good.get(i).receive()).isEqualTo(numbered(i));
        }
        TestNode.await("the good are left", SOON, () -> server.endpoint().unfinished() == 4);
      } finally {
        good.forEach(DatagramClient::close);
      }
    }
  }

  private static byte[] numbered(int number) {
    byte[] bytes = WireClient.noise(number, 500);
    bytes[0] = (byte) number;
    return bytes;
  }

  static Stream<Arguments> replies() {
    return Stream.of(Wire.values())
        .flatMap(
            wire ->
                Stream.of(Execution.EVENT_LOOP, Execution.WORKERS)
                    .flatMap(
                        execution ->
                            Stream.of(Way.RELEASES, Way.WRITES_WHEN_CLOSED, Way.WRITES)
                                .map(way -> Arguments.of(wire, execution, way))));
  }

  @SuppressWarnings("try") // closed on purpose before the end
  @ParameterizedTest
  @MethodSource("replies")
  void inAReplyItIsClosedAndTheOthersGoOn(Wire wire, Execution execution, Way way)
      throws Exception {
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onReply(
                (session, data) -> {
                  misuse(way, session, data);
                  return true;
                });
    byte[] fine = {'.'};
    try (TestNode node = new TestNode(TestNode.options().withThreads(1, 2)).endingWithin(SOON)) {
      InterfaceServer server = wire.listen(node.serve(protocol));
      try (AnyClient healthy = wire.connect(server);
          AnyClient client = wire.connect(server)) {
        assertThat(healthy.ask(fine)).isEqualTo(fine);
        assertThat(client.ask(fine)).isEqualTo(fine);
        ScriptedProtocol.Conn session = protocol.session(1);
        ByteBuf reply = node.transport.options().allocator().buffer(1000).writeZero(1000);
        assertThat(node.transport.connections().reply(session.id, false, reply)).isTrue();
        TestNode.await("it closes", SOON, session::closing);
        client.close();
        TestNode.await("told", SOON, () -> session.reason != null);
        assertReason(session.reason, way);
        assertThat(healthy.ask(fine)).isEqualTo(fine);
        TestNode.await("one is left", SOON, () -> server.endpoint().unfinished() == 1);
        assertThat(node.transport.connections().reply(session.id, false, Unpooled.buffer(0)))
            .isFalse();
        assertDrains(server, protocol, healthy);
      }
    }
  }
}
