// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import dev.sluice.transport.epoll.AnyClient.Wire;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever a session declares as held, the node's budget has all of it back at the end. */
class HeldInputEndsAtZeroTest {

  private static final Duration SOON = Duration.ofSeconds(5);
  private static final int HUGE = 1 << 30;

  /** Bytes held (positive) and consumed (negative), one after the other, and what is left then. */
  static Stream<Arguments> accounts() {
    int most = Integer.MAX_VALUE;
    return Stream.of(Wire.TCP, Wire.UDP)
        .flatMap(
            wire ->
                Stream.of(
                    Arguments.of(wire, new int[] {HUGE, HUGE}, 2L * HUGE),
                    Arguments.of(wire, new int[] {HUGE, HUGE, -HUGE, -HUGE}, 0L),
                    Arguments.of(wire, new int[] {HUGE, HUGE, HUGE, HUGE, -HUGE}, 3L * HUGE),
                    Arguments.of(wire, new int[] {most, most, most}, 3L * most),
                    Arguments.of(wire, new int[] {most, 1, -most, -most}, 0L),
                    Arguments.of(wire, new int[] {most, most, -most, -most, -most, 7}, 7L),
                    Arguments.of(wire, new int[] {10, -most}, 0L),
                    Arguments.of(wire, new int[] {-10, 10}, 10L),
                    Arguments.of(wire, new int[] {-most, -1, 5, -4}, 1L)));
  }

  @ParameterizedTest
  @MethodSource("accounts")
  void whatIsHeldIsCountedAsItIsAndGivenBackWithTheSession(Wire wire, int[] steps, long left)
      throws Exception {
    ScriptedProtocol protocol =
        new ScriptedProtocol(Execution.EVENT_LOOP)
            .onData(
                (session, data) -> {
                  for (int step : steps) {
                    if (step > 0) {
                      session.writer.hold(session.id, step);
                    } else {
                      session.writer.consumed(session.id, -step);
                    }
                  }
                  session.events.add("done");
                });
    try (TestNode node = new TestNode().endingWithin(SOON)) {
      InterfaceServer server = wire.listen(node.serve(protocol));
      try (AnyClient client = wire.connect(server)) {
        client.send(new byte[] {1});
        ScriptedProtocol.Conn session = protocol.session();
        TestNode.await("held", SOON, () -> session.events.contains("done"));
        assertThat(node.transport.connections().inboundQueued()).isEqualTo(left);
        session.writer.closeSocket(session.id);
      }
      TestNode.await("told", SOON, () -> protocol.session().reason != null);
      TestNode.await("ended", SOON, () -> server.endpoint().unfinished() == 0);
      assertThat(node.transport.connections().inboundQueued()).isZero();
      // Who holds when all is over holds nothing.
      ScriptedProtocol.Conn session = protocol.session();
      session.writer.hold(session.id, HUGE);
      session.writer.hold(session.id, HUGE);
      assertThat(node.transport.connections().inboundQueued()).isZero();
    }
  }

  /** Threads hold beyond what an int counts and take back less, or more, until the end comes. */
  @ParameterizedTest
  @EnumSource(
      value = Wire.class,
      names = {"TCP", "UDP"})
  void soItIsWhenManyThreadsHoldAndTheEndComesInBetween(Wire wire) throws Exception {
    ScriptedProtocol protocol = new ScriptedProtocol(Execution.WORKERS);
    try (TestNode node = new TestNode().endingWithin(SOON)) {
      InterfaceServer server = wire.listen(node.serve(protocol));
      try (AnyClient client = wire.connect(server)) {
        client.ask(new byte[] {1});
        ScriptedProtocol.Conn session = protocol.session();
        List<CompletableFuture<Void>> holders = new ArrayList<>();
        for (int thread = 0; thread < 3; thread++) {
          int own = thread;
          holders.add(
              WireClient.later(
                  () -> {
                    for (int i = 0; i < 20_000; i++) {
                      session.writer.hold(session.id, HUGE - own);
                      session.writer.consumed(session.id, own == 0 ? 1 : HUGE + own * i);
                    }
                    return null;
                  }));
        }
        session.writer.closeSocket(session.id);
        for (CompletableFuture<Void> holder : holders) {
          holder.get();
        }
      }
      TestNode.await("ended", SOON, () -> server.endpoint().unfinished() == 0);
      assertThat(node.transport.connections().inboundQueued()).isZero();
    }
  }
}
