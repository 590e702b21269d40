// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whoever asks what became of a write is told: once, the truth, and before the end. */
class WriteCompletionTest {

  private static final String BOTH_ENDS = "written true,written true,closed peer_closed";

  private static void write(ScriptedProtocol.Conn session, int length) {
    session.writer.writeOutbound(
        session.id,
        Unpooled.buffer(length).writeZero(length),
        written -> session.events.add("written " + written));
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void aWriteCompletesOnceTheKernelHasTakenItAndNotBefore(Execution execution, boolean tls)
      throws Exception {
    int large = 16 << 20;
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) -> {
                  write(session, 1000);
                  write(session, large);
                });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        client.send("?");
        assertThat(client.receiveBytes(1000)).hasSize(1000);
        ScriptedProtocol.Conn session = protocol.session();
        TestNode.await("the first is told", () -> session.events.contains("written true"));
        node.goRound();
        session.awaitTurn();
        assertThat(node.transport.connections().outboundQueued()).isPositive();
        assertThat(session.events).filteredOn(e -> e.startsWith("written")).hasSize(1);
        assertThat(client.receiveBytes(large)).hasSize(large);
        TestNode.await(
            "the second is told",
            () -> session.events.stream().filter("written true"::equals).count() == 2);
      }
      TestNode.await("told", () -> protocol.session().reason != null);
      List<String> events = new ArrayList<>(protocol.session().events);
      events.removeIf(e -> e.startsWith("writable") || e.equals("inputClosed"));
      assertThat(String.join(",", events)).isEqualTo(BOTH_ENDS);
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void aWriteThatThePeerBreaksOffFailsBeforeTheSessionHearsOfTheEnd(
      Execution execution, boolean tls) throws Exception {
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) -> {
                  for (int i = 0; i < 8; i++) {
                    write(session, 1 << 20);
                  }
                });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      WireClient client = WireClient.withSmallWindow(server);
      client.send("?");
      TestNode.await("output", () -> node.transport.connections().outboundQueued() > 0);
      ScriptedProtocol.Conn session = protocol.session();
      // Until then a worker may still be at it, and what it writes behind the reset is refused.
      session.awaitTurn();
      node.goRound();
      client.reset();
      TestNode.await("told", () -> session.reason != null);
      assertThat(session.events).filteredOn(e -> e.startsWith("written")).hasSize(8);
      assertThat(session.events).contains("written false").last().isEqualTo("closed peer_reset");
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void anAbortFailsWhatIsQueuedAndResetsThePeer(Execution execution, boolean tls) throws Exception {
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) -> {
                  for (int i = 0; i < 8; i++) {
                    write(session, 1 << 20);
                  }
                  session.writer.abort(session.id, CloseReason.of("enough"));
                });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        client.send("?");
        assertThat(client.endsByReset()).isTrue();
        ScriptedProtocol.Conn session = protocol.session();
        TestNode.await("told", () -> session.reason != null);
        assertThat(session.events).filteredOn(e -> e.startsWith("written")).hasSize(8);
        assertThat(session.events).contains("written false").last().isEqualTo("closed enough");
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void anEmptyWriteCompletes(Execution execution) throws Exception {
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) -> {
                  write(session, 0);
                  session.writer.writeOutbound(session.id, Unpooled.EMPTY_BUFFER);
                  session.write("done");
                });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("?");
        assertThat(client.receive(4)).isEqualTo("done");
        TestNode.await("told", () -> protocol.session().events.contains("written true"));
      }
    }
  }

  /** Threads write while the peer breaks off: as many completions as writes that were accepted. */
  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void everyAcceptedWriteIsToldOfWhenTheEndComesInBetween(Execution execution) throws Exception {
    AtomicInteger accepted = new AtomicInteger();
    AtomicInteger told = new AtomicInteger();
    ScriptedProtocol protocol = new ScriptedProtocol(execution).silent();
    try (TestNode node = new TestNode()) {
      OpenSslServer server =
          node.serve(protocol)
              .limits(Limits.output(64 << 10, 1 << 30, Duration.ofSeconds(30)))
              .listen();
      for (int round = 0; round < 50; round++) {
        WireClient client = WireClient.to(server);
        client.send("?");
        ScriptedProtocol.Conn session = protocol.session(round);
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        for (int thread = 0; thread < 3; thread++) {
          writers.add(
              WireClient.later(
                  () -> {
                    while (session.writer.writeOutbound(
                        session.id,
                        Unpooled.buffer(100).writeZero(100),
                        written -> {
                          told.incrementAndGet();
                          if (session.reason != null) {
                            session.events.add("too late");
                          }
                        })) {
                      accepted.incrementAndGet();
                      LockSupport.parkNanos(session.writer.isWritable(session.id) ? 1 : 100_000);
                    }
                    return null;
                  }));
        }
        client.receiveBytes(1000);
        client.reset();
        for (CompletableFuture<Void> writer : writers) {
          writer.get();
        }
        TestNode.await("told", () -> session.reason != null);
        assertThat(session.events).doesNotContain("too late");
        assertThat(told).hasValue(accepted.get());
      }
    }
  }
}
