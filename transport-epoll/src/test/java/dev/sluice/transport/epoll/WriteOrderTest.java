// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Writes leave in the order in which they were made, whichever threads made them. */
class WriteOrderTest {

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void writesOfFourThreadsArriveWholeAndEachThreadsInOrder(Execution execution, boolean tls)
      throws Exception {
    int length = 1024;
    ScriptedProtocol protocol = new ScriptedProtocol(execution).silent();
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("!");
        ScriptedProtocol.Conn session = protocol.session();
        CyclicBarrier start = new CyclicBarrier(4);
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        for (int thread = 0; thread < 4; thread++) {
          int own = thread;
          writers.add(
              WireClient.later(
                  () -> {
                    start.await();
                    for (int i = 0; i < 64; i++) {
                      assertThat(session.writer.writeOutbound(session.id, message(own, i, length)))
                          .isTrue();
                    }
                    return null;
                  }));
        }
        int[] next = new int[4];
        for (int i = 0; i < 256; i++) {
          ByteBuf message = Unpooled.wrappedBuffer(client.receiveBytes(length));
          int thread = message.readUnsignedByte();
          int number = message.readUnsignedByte();
          assertThat(number).as("of thread %s", thread).isEqualTo(next[thread]++);
          while (message.isReadable()) {
            assertThat(message.readUnsignedByte()).isEqualTo((short) (thread * 64 + number));
          }
        }
        for (CompletableFuture<Void> writer : writers) {
          writer.get();
        }
      }
    }
  }

  private static ByteBuf message(int thread, int number, int length) {
    ByteBuf message = Unpooled.buffer(length).writeByte(thread).writeByte(number);
    while (message.isWritable()) {
      message.writeByte(thread * 64 + number);
    }
    return message;
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false"})
  void aSessionAndAnotherThreadThatTakeTurnsKeepTheirOrder(Execution execution, boolean tls)
      throws Exception {
    int turns = 2000;
    ExecutorService other = Executors.newSingleThreadExecutor();
    // Each write is followed by a hand-over to the other thread, so all of them have one order.
    final class Turns {
      void inSession(ScriptedProtocol.Conn session, int turn) {
        write(session, turn);
        if (turn + 1 < turns) {
          other.execute(() -> onOther(session, turn + 1));
        }
      }

      void onOther(ScriptedProtocol.Conn session, int turn) {
        write(session, turn);
        // Every other time the hand-over finds the session's order free to run at once.
        if (turn + 1 < turns) {
          session.context.execute(() -> inSession(session, turn + 1));
        }
      }

      private void write(ScriptedProtocol.Conn session, int turn) {
        session.writer.writeOutbound(session.id, Unpooled.copyInt(turn));
      }
    }
    Turns game = new Turns();
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution).onData((session, data) -> game.inSession(session, 0));
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("!");
        ByteBuf order = Unpooled.wrappedBuffer(client.receiveBytes(4 * turns));
        for (int turn = 0; turn < turns; turn++) {
          assertThat(order.readInt()).isEqualTo(turn);
        }
      }
    } finally {
      other.shutdown();
    }
  }

  /** The other thread's write waits for the loop, which is busy in the session that goes second. */
  @ParameterizedTest
  @CsvSource({"false", "true"})
  void aSessionsWriteOnTheLoopDoesNotOvertakeAnEarlierOneOfAnotherThread(boolean tls)
      throws Exception {
    ExecutorService other = Executors.newSingleThreadExecutor();
    ScriptedProtocol protocol =
        new ScriptedProtocol(Execution.EVENT_LOOP)
            .onData(
                (session, data) -> {
                  for (int i = 0; i < 100; i++) {
                    int turn = 2 * i;
                    CompletableFuture.runAsync(
                            () -> session.writer.writeOutbound(session.id, Unpooled.copyInt(turn)),
                            other)
                        .join();
                    session.writer.writeOutbound(session.id, Unpooled.copyInt(turn + 1));
                  }
                });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("!");
        ByteBuf order = Unpooled.wrappedBuffer(client.receiveBytes(4 * 200));
        for (int turn = 0; turn < 200; turn++) {
          assertThat(order.readInt()).isEqualTo(turn);
        }
      }
    } finally {
      other.shutdown();
    }
  }
}
