// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import dev.sluice.session.bridge.EndpointOptions;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A close comes to its end within the bounds of time, however little the peer helps. */
class ClosingEndsTest {

  /** For any machine: who is waited for without a bound never ends here. */
  private static final Duration SOON = Duration.ofSeconds(15);

  /** More than two kernels take, and less than the mark below which a reader is no slow one. */
  private static final int OWED = 16 << 20;

  private static final Duration BOUND = Duration.ofMillis(600);

  private static final EndpointOptions.Limits LIMITS = limits(BOUND);

  private static EndpointOptions.Limits limits(Duration bound) {
    return new EndpointOptions.Limits(
        bound, Duration.ofSeconds(5), bound, 2 * OWED, 4 * OWED, bound);
  }

  /** Who asks for the close. */
  private enum By {
    SESSION,
    OPERATOR,
    REPLY
  }

  static Stream<Arguments> ways() {
    return Stream.of(
        Arguments.of(By.SESSION, Execution.EVENT_LOOP, false),
        Arguments.of(By.SESSION, Execution.EVENT_LOOP, true),
        Arguments.of(By.OPERATOR, Execution.WORKERS, true),
        Arguments.of(By.REPLY, Execution.EVENT_LOOP, false));
  }

  /** Its bytes are thrown away, so that they say nothing for it. */
  @ParameterizedTest
  @MethodSource("ways")
  void aPeerThatReadsNothingAndKeepsSendingIsNotWaitedForLongerThanTheBounds(
      By by, Execution execution, boolean tls) throws Exception {
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) -> {
                  session.writer.writeOutbound(session.id, Unpooled.buffer(OWED).writeZero(OWED));
                  if (by == By.SESSION) {
                    session.writer.closeSocket(session.id);
                  }
                  session.events.add("written");
                });
    AtomicBoolean over = new AtomicBoolean();
    try (TestNode node = new TestNode().endingWithin(SOON)) {
      OpenSslServer server = node.serve(protocol).tls(tls).limits(LIMITS).listen();
      WireClient client = WireClient.withSmallWindow(server);
      client.send("?");
      ScriptedProtocol.Conn session = protocol.session();
      TestNode.await("written", SOON, () -> session.events.contains("written"));
      CompletableFuture<Void> dribble = WireClient.later(() -> dribble(client, over));
      try {
        if (by == By.OPERATOR) {
          node.transport.connections().close(session.id, CloseReason.CLOSED_BY_OPERATOR);
        } else if (by == By.REPLY) {
          node.transport.connections().reply(session.id, true, Unpooled.buffer(0));
        }
        TestNode.await(
            "output is stuck", SOON, () -> node.transport.connections().outboundQueued() > 0);
        TestNode.await("told", SOON, () -> session.reason != null);
        // The close stands as the reason, the limit that cut it short is for the records.
        assertThat(session.reason)
            .isEqualTo(
                by == By.OPERATOR ? CloseReason.CLOSED_BY_OPERATOR : CloseReason.SESSION_CLOSED);
        assertThat(node.transport.connections().outboundQueued()).isZero();
      } finally {
        over.set(true);
        client.cutOff();
        dribble.get();
      }
    }
  }

  private static Void dribble(WireClient client, AtomicBoolean over) {
    try {
      while (!over.get()) {
        client.send("x");
        LockSupport.parkNanos(20_000_000);
      }
    } catch (IOException cutOff) {
      assertThat(cutOff).isNotNull();
    }
    return null;
  }

  /** The bound is one of standing still: who reads, however slowly, gets all that was written. */
  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "WORKERS,true"})
  void aPeerThatReadsSlowlyIsWaitedFor(Execution execution, boolean tls) throws Exception {
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) -> {
                  session.writer.writeOutbound(session.id, Unpooled.buffer(OWED).writeZero(OWED));
                  session.writer.closeSocket(session.id);
                });
    // A reader that has others beside it may stand still for longer than the others' bound.
    Duration bound = BOUND.multipliedBy(5);
    Duration all = bound.multipliedBy(2);
    int piece = 64 << 10;
    try (TestNode node = new TestNode().endingWithin(SOON)) {
      OpenSslServer server = node.serve(protocol).tls(tls).limits(limits(bound)).listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        client.send("?");
        long begun = System.nanoTime();
        int read = 0;
        while (read < OWED) {
          read += client.receiveBytes(Math.min(piece, OWED - read)).length;
          LockSupport.parkNanos(begun + all.toNanos() * read / OWED - System.nanoTime());
        }
        assertThat(client.receiveAll()).isEmpty();
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isGreaterThan(bound);
      }
      TestNode.await("told", SOON, () -> protocol.session().reason != null);
      assertThat(protocol.session().reason).isEqualTo(CloseReason.SESSION_CLOSED);
    }
  }
}
