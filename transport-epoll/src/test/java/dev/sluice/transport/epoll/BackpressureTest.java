// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.zip.CRC32;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A session learns when to hold back, and a peer that does not read costs a bounded amount. */
class BackpressureTest {

  private static final int PIECE = 64 << 10;
  private static final int HIGH = 128 << 10;
  private static final int HARD = 1 << 20;

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void writabilityFallsOverTheMarkAndRisesOnceThePeerReads(Execution execution, boolean tls)
      throws Exception {
    AtomicLong written = new AtomicLong();
    AtomicBoolean filling = new AtomicBoolean(true);
    Consumer<ScriptedProtocol.Conn> fill =
        session -> {
          while (filling.get() && session.writer.isWritable(session.id)) {
            session.writer.writeOutbound(session.id, Unpooled.buffer(PIECE).writeZero(PIECE));
            written.addAndGet(PIECE);
          }
        };
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData((session, data) -> fill.accept(session))
            .onWritability((session, writable) -> fill.accept(session));
    try (TestNode node = new TestNode()) {
      OpenSslServer server =
          node.serve(protocol)
              .tls(tls)
              .limits(Limits.output(HIGH, HARD, Duration.ofSeconds(30)))
              .listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        client.send("!");
        ScriptedProtocol.Conn session = protocol.session();
        // The kernel may find room for a little more at any time, which is filled up again.
        TestNode.await(
            "told to hold back, and no round of the loop changes that",
            () -> {
              long before = written.get();
              node.goRound();
              return tells(session, false) && written.get() == before;
            });
        filling.set(false);
        session.awaitTurn();
        assertThat(node.transport.connections().outboundQueued())
            .isLessThanOrEqualTo(HIGH + 2 * PIECE);
        client.receiveBytes((int) written.get());
        TestNode.await("told to go on", () -> tells(session, true));
        assertThat(session.writer.isWritable(session.id)).isTrue();
        // What came and went between two calls is told as writable, which it may have been before.
        assertThat(session.events)
            .containsOnly("writable false", "writable true")
            .doesNotContainSequence("writable false", "writable false");
      }
    }
  }

  /** In its last event, and by its writer. */
  private static boolean tells(ScriptedProtocol.Conn session, boolean writable) {
    return !session.events.isEmpty()
        && session.events.get(session.events.size() - 1).equals("writable " + writable)
        && session.writer.isWritable(session.id) == writable;
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "WORKERS,true"})
  void aSlowButSteadyReaderOutlivesTheTimeoutOfSlowConsumers(Execution execution, boolean tls)
      throws Exception {
    int length = 12 << 20;
    Duration all = Duration.ofSeconds(7);
    ScriptedProtocol protocol = writes(execution, length);
    try (TestNode node = new TestNode()) {
      OpenSslServer server =
          node.serve(protocol)
              .tls(tls)
              .limits(Limits.output(HIGH, HARD, Duration.ofSeconds(3)))
              .listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        client.send("?");
        long begun = System.nanoTime();
        int read = 0;
        while (read < length) {
          read += client.receiveBytes(Math.min(PIECE, length - read)).length;
          long due = begun + all.toNanos() * read / length;
          LockSupport.parkNanos(due - System.nanoTime());
        }
        assertThat(read).isEqualTo(length);
        assertThat(protocol.session().reason).isNull();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void aReaderThatStoppedIsClosedAfterTheTimeoutAndNotBefore(Execution execution, boolean tls)
      throws Exception {
    ScriptedProtocol protocol = writes(execution, 8 << 20);
    try (TestNode node = new TestNode()) {
      OpenSslServer server =
          node.serve(protocol)
              .tls(tls)
              .limits(Limits.output(HIGH, HARD, Duration.ofMillis(700)))
              .listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        client.send("?");
        TestNode.await("output", () -> node.transport.connections().outboundQueued() > HIGH);
        long begun = System.nanoTime();
        TestNode.await("told", () -> protocol.session().reason != null);
        assertThat(Duration.ofNanos(System.nanoTime() - begun))
            .isGreaterThanOrEqualTo(Duration.ofMillis(450));
        assertThat(protocol.session().reason).isEqualTo(CloseReason.SLOW_CONSUMER);
        assertThat(client.endsByReset()).isTrue();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void aWriteThatFindsMoreThanTheHardMarkQueuedClosesTheConnection(Execution execution, boolean tls)
      throws Exception {
    AtomicInteger accepted = new AtomicInteger();
    AtomicLong most = new AtomicLong();
    ScriptedProtocol protocol = new ScriptedProtocol(execution);
    try (TestNode node = new TestNode()) {
      protocol.onData(
          (session, data) -> {
            while (session.writer.writeOutbound(
                session.id, Unpooled.buffer(PIECE).writeZero(PIECE))) {
              accepted.incrementAndGet();
              most.accumulateAndGet(node.transport.connections().outboundQueued(), Math::max);
            }
          });
      OpenSslServer server =
          node.serve(protocol)
              .tls(tls)
              .limits(Limits.output(HIGH, HARD, Duration.ofSeconds(30)))
              .listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        client.send("?");
        TestNode.await(
            "told", () -> !protocol.sessions.isEmpty() && protocol.session().reason != null);
        assertThat(protocol.session().reason).isEqualTo(CloseReason.SLOW_CONSUMER);
        assertThat(accepted).hasValueGreaterThan(HARD / PIECE);
        if (execution == Execution.EVENT_LOOP) {
          // Nothing leaves during the call.
          assertThat(accepted).hasValueLessThanOrEqualTo(HARD / PIECE + 1);
        }
        assertThat(most).hasValueLessThanOrEqualTo(HARD + 2 * PIECE);
        assertThat(client.endsByReset()).isTrue();
        // Counted after the session was told.
        TestNode.await(
            "counted",
            () -> server.endpoint().metrics().snapshot().closes().containsKey("slow_consumer"));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void aSingleWriteLargerThanTheHardMarkIsSentWhole(Execution execution, boolean tls)
      throws Exception {
    int length = 8 * HARD;
    ScriptedProtocol protocol = writes(execution, length);
    try (TestNode node = new TestNode()) {
      OpenSslServer server =
          node.serve(protocol)
              .tls(tls)
              .limits(Limits.output(HIGH, HARD, Duration.ofSeconds(30)))
              .listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        client.send("?");
        assertThat(client.receiveBytes(length)).isEqualTo(WireClient.noise(length, length));
      }
    }
  }

  private static ScriptedProtocol writes(Execution execution, int length) {
    byte[] bytes = WireClient.noise(length, length);
    return new ScriptedProtocol(execution)
        .onData(
            (session, data) ->
                session.writer.writeOutbound(session.id, Unpooled.wrappedBuffer(bytes)));
  }

  /** The echo looks at no mark; its input pauses before its output grows out of bounds. */
  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false,64", "EVENT_LOOP,true,24", "WORKERS,false,64", "WORKERS,true,24"})
  void anEchoThatIgnoresWritabilityIsPacedByItsInput(
      Execution execution, boolean tls, int mebibytes) throws Exception {
    ScriptedProtocol protocol = new ScriptedProtocol(execution);
    byte[] block = WireClient.noise(7, 1 << 20);
    try (TestNode node = new TestNode()) {
      OpenSslServer server =
          node.serve(protocol)
              .tls(tls)
              .limits(Limits.output(HIGH, 4 << 20, Duration.ofSeconds(30)))
              .listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        CompletableFuture<Long> upload =
            WireClient.later(
                () -> {
                  CRC32 sum = new CRC32();
                  for (int i = 0; i < mebibytes; i++) {
                    block[0] = (byte) i;
                    sum.update(block);
                    client.send(block);
                  }
                  return sum.getValue();
                });
        // Nothing is read until the output is full and the input pauses for it.
        TestNode.await("output", () -> node.transport.connections().outboundQueued() > HIGH);
        node.awaitPaused(1);
        CRC32 sum = new CRC32();
        byte[] chunk = new byte[256 << 10];
        long most = 0;
        long alive = 0;
        for (long left = (long) mebibytes << 20; left > 0; ) {
          most =
              Math.max(
                  most,
                  node.transport.connections().outboundQueued()
                      + node.transport.connections().inboundQueued());
          alive = Math.max(alive, node.buffersAlive());
          int read = client.receiveSome(chunk);
          assertThat(read).as("%s left, %s", left, protocol.session().events).isPositive();
          sum.update(chunk, 0, read);
          left -= read;
        }
        assertThat(sum.getValue()).isEqualTo(upload.get());
        // Half the hard mark, and on a worker what its queue may hold.
        assertThat(most).isLessThan((execution == Execution.WORKERS ? 4 << 20 : 2 << 20) + HIGH);
        assertThat(alive).isLessThan(6 << 20);
        assertThat(protocol.session().reason).isNull();
      }
    }
  }
}
