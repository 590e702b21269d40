// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** However many peers stop reading, the node's memory is bounded and the others are served. */
class OutboundBudgetTest {

  private static final int READERS = 200;
  private static final int PIECE = 64 << 10;
  private static final long BUDGET = 8 << 20;
  private static final int HIGH = 32 << 10;

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void twoHundredStoppedReadersCostNoMoreThanTheBudget(Execution execution) throws Exception {
    // More than the kernel takes for a connection, in bursts that stay below the hard mark.
    Set<ScriptedProtocol.Conn> done = ConcurrentHashMap.newKeySet();
    ScriptedProtocol writing = new ScriptedProtocol(execution);
    writing.onData((session, data) -> burst(session, 64, done));
    ScriptedProtocol echo = new ScriptedProtocol(execution);
    TransportOptions options = TestNode.options().withQueueLimits(16 << 20, 1 << 20, BUDGET);
    AtomicLong mostQueued = new AtomicLong();
    AtomicLong mostAlive = new AtomicLong();
    AtomicBoolean over = new AtomicBoolean();
    List<WireClient> clients = new ArrayList<>();
    try (TestNode node = new TestNode(options)) {
      OpenSslServer heavy =
          node.serve(writing)
              .limits(Limits.output(HIGH, 16 << 20, Duration.ofSeconds(30)))
              .listen();
      OpenSslServer light = node.serve(echo).listen();
      CompletableFuture<Void> watch =
          WireClient.later(
              () -> {
                while (!over.get()) {
                  mostQueued.accumulateAndGet(
                      node.transport.connections().outboundQueued(), Math::max);
                  mostAlive.accumulateAndGet(node.buffersAlive(), Math::max);
                }
                return null;
              });
      try (WireClient other = WireClient.to(light)) {
        for (int i = 0; i < READERS; i++) {
          WireClient client = WireClient.withSmallWindow(heavy);
          clients.add(client);
          client.send("?");
          other.send("still there?");
          assertThat(other.receive(12)).isEqualTo("still there?");
        }
        TestNode.await("enough is sent", () -> closedAsSlow(writing) > 0);
        TestNode.await(
            "nobody writes any more",
            () ->
                writing.sessions.size() == READERS
                    && writing.sessions.stream()
                        .allMatch(s -> done.contains(s) || s.reason != null));
        // Over the budget each may still fill its own high mark; unbounded it would be megabytes.
        long bound = BUDGET + READERS * (HIGH + 2L * PIECE);
        assertThat(mostQueued).hasValueLessThan(bound);
        assertThat(mostAlive).hasValueLessThan(bound + (8 << 20));
        assertThat(writing.sessions)
            .allMatch(s -> s.reason == null || s.reason.equals(CloseReason.SLOW_CONSUMER));
        other.send("and now?");
        assertThat(other.receive(8)).isEqualTo("and now?");
      } finally {
        over.set(true);
        watch.get();
        clients.forEach(WireClient::close);
      }
    }
  }

  /** Writes without asking, burst after burst, until refused. */
  private static void burst(
      ScriptedProtocol.Conn session, int left, Set<ScriptedProtocol.Conn> done) {
    for (int i = 0; i < 2; i++) {
      ByteBuf piece = session.context.allocator().buffer(PIECE).writeZero(PIECE);
      if (!session.writer.writeOutbound(session.id, piece)) {
        return;
      }
    }
    if (left > 0) {
      session.context.schedule(Duration.ofMillis(5), () -> burst(session, left - 1, done));
    } else {
      done.add(session);
    }
  }

  private static long closedAsSlow(ScriptedProtocol protocol) {
    return protocol.sessions.stream()
        .filter(session -> CloseReason.SLOW_CONSUMER.equals(session.reason))
        .count();
  }
}
