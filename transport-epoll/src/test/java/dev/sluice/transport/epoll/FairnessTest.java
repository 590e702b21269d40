// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Connections of one event loop take turns. */
class FairnessTest {

  private static final int ENOUGH = 256 << 10;

  /** Read passes, or whole blocks; one or two are usual. */
  private static final long TURNS = 20;

  /** Of tasks that do nothing but hand in the next; thousands fit into one turn. */
  private static final long STEPS = 2_000_000;

  @ParameterizedTest
  @CsvSource({"false,true", "true,true", "false,false", "true,false"})
  void aConnectionThatStreamsDoesNotStarveAnotherOfItsLoop(boolean tls, boolean upload)
      throws Exception {
    byte[] block = new byte[1 << 20];
    ScriptedProtocol streaming = new ScriptedProtocol(Execution.EVENT_LOOP);
    AtomicLong turns = new AtomicLong();
    if (upload) {
      // Slower than the client, so that there is always more to read.
      streaming.onData(
          (session, data) -> {
            turns.incrementAndGet();
            LockSupport.parkNanos(data.readableBytes() * 10L);
          });
    } else {
      streaming
          .onData((session, data) -> fill(session, block))
          .onWritability(
              (session, writable) -> {
                turns.incrementAndGet();
                fill(session, block);
              });
    }
    ScriptedProtocol echo = new ScriptedProtocol(Execution.EVENT_LOOP);
    AtomicLong moved = new AtomicLong();
    try (TestNode node = new TestNode(TestNode.options().withThreads(1, 1))) {
      OpenSslServer busy = node.serve(streaming).tls(tls).listen();
      OpenSslServer quick = node.serve(echo).tls(tls).listen();
      try (WireClient stream = WireClient.to(busy);
          WireClient client = WireClient.to(quick)) {
        CompletableFuture<Void> streamer = WireClient.later(() -> run(stream, upload, moved));
        TestNode.await("it streams", () -> moved.get() > ENOUGH);
        long before = moved.get();
        assertTakesTurns(pings(client, turns, () -> moved.get() - before < ENOUGH), TURNS);
        stream.reset();
        streamer.get();
      }
    }
  }

  /** A protocol that yields by handing itself a next step, with never an end. */
  @Test
  void aSessionWhoseTasksBegetTasksDoesNotStarveAnotherOfItsLoop() throws Exception {
    ScriptedProtocol endless = new ScriptedProtocol(Execution.EVENT_LOOP);
    AtomicLong steps = new AtomicLong();
    endless.onData((session, data) -> step(session, steps));
    ScriptedProtocol echo = new ScriptedProtocol(Execution.EVENT_LOOP);
    try (TestNode node = new TestNode(TestNode.options().withThreads(1, 1))) {
      OpenSslServer busy = node.serve(endless).listen();
      OpenSslServer quick = node.serve(echo).listen();
      try (WireClient first = WireClient.to(busy);
          WireClient client = WireClient.to(quick)) {
        first.send("!");
        TestNode.await("it goes on and on", () -> steps.get() > 10_000);
        assertTakesTurns(pings(client, steps, () -> false), STEPS);
        long before = endless.sessions.get(0).received.get();
        first.send("its input comes in its turn");
        TestNode.await("it hears", () -> endless.sessions.get(0).received.get() > before);
        first.reset();
        TestNode.await("it ends", () -> endless.sessions.get(0).reason != null);
      }
    }
  }

  private static void step(ScriptedProtocol.Conn session, AtomicLong steps) {
    steps.incrementAndGet();
    session.context.execute(() -> step(session, steps));
  }

  /** For each question, the turns that the other has had until the answer. */
  private static List<Long> pings(WireClient client, AtomicLong turns, BooleanSupplier more)
      throws IOException {
    List<Long> waited = new ArrayList<>();
    while (waited.size() < 100 || more.getAsBoolean()) {
      long before = turns.get();
      client.send("ping");
      client.receive(4);
      waited.add(turns.get() - before);
    }
    return waited;
  }

  /** The median, since nobody's turn is held back while this thread waits for its own. */
  private static void assertTakesTurns(List<Long> waited, long most) {
    List<Long> sorted = waited.stream().sorted().toList();
    assertThat(sorted.get(sorted.size() / 2)).as("the median of " + sorted).isLessThan(most);
  }

  private static void fill(ScriptedProtocol.Conn session, byte[] block) {
    while (session.writer.isWritable(session.id)) {
      session.writer.writeOutbound(session.id, Unpooled.wrappedBuffer(block));
    }
  }

  /** Until the test breaks it off. */
  private static Void run(WireClient stream, boolean upload, AtomicLong moved) {
    byte[] chunk = new byte[64 << 10];
    try {
      stream.send("!");
      while (true) {
        if (upload) {
          stream.send(chunk);
          moved.addAndGet(chunk.length);
        } else {
          moved.addAndGet(Math.max(0, stream.receiveSome(chunk)));
        }
      }
    } catch (IOException brokenOff) {
      return null;
    }
  }
}
