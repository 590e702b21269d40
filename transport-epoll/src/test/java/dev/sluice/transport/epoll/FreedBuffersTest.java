// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import dev.sluice.transport.epoll.AnyClient.Wire;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.IllegalReferenceCountException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A session that writes a buffer which is gone loses its own connection, and nothing else. */
class FreedBuffersTest {

  private static final Duration SOON = Duration.ofSeconds(4);

  /** On which thread the buffer is written. */
  private enum From {
    SESSION,
    LOOP_TASK,
    OTHER_THREAD
  }

  /** When the buffer goes. */
  private enum Freed {
    BEFORE,
    /** Once it was handed over, and before the loop has come to it. */
    BEHIND,
    /** Likewise, and only a part of a composite. */
    PART
  }

  /** Writes and what became of them, by their numbers. */
  private static final class Log {
    final AtomicInteger accepted = new AtomicInteger();
    final AtomicInteger told = new AtomicInteger();
    final List<Integer> written = new CopyOnWriteArrayList<>();
    final List<Integer> failed = new CopyOnWriteArrayList<>();

    void write(ScriptedProtocol.Conn session, int number, ByteBuf data) {
      boolean queued = false;
      try {
        queued =
            session.writer.writeOutbound(
                session.id,
                data,
                ok -> {
                  told.incrementAndGet();
                  (ok ? written : failed).add(number);
                });
      } catch (IllegalReferenceCountException refused) {
        // As good as an answer of false.
        assertThat(refused).isNotNull();
      }
      if (queued) {
        accepted.incrementAndGet();
      }
    }
  }

  static Stream<Arguments> ways() {
    return Stream.of(Wire.values())
        .flatMap(
            wire ->
                Stream.of(100, 300_000)
                    // No datagram is so large.
                    .filter(size -> wire != Wire.UDP || size < 300_000)
                    .flatMap(size -> ways(wire, size)));
  }

  private static Stream<Arguments> ways(Wire wire, int size) {
    return Stream.of(
        Arguments.of(wire, size, Execution.EVENT_LOOP, From.SESSION, Freed.BEFORE),
        Arguments.of(wire, size, Execution.WORKERS, From.SESSION, Freed.BEFORE),
        Arguments.of(wire, size, Execution.EVENT_LOOP, From.LOOP_TASK, Freed.BEFORE),
        Arguments.of(wire, size, Execution.EVENT_LOOP, From.OTHER_THREAD, Freed.BEFORE),
        Arguments.of(wire, size, Execution.EVENT_LOOP, From.OTHER_THREAD, Freed.BEHIND),
        Arguments.of(wire, size, Execution.EVENT_LOOP, From.OTHER_THREAD, Freed.PART));
  }

  @SuppressWarnings("try") // closed on purpose before the end
  @ParameterizedTest
  @MethodSource("ways")
  void itsConnectionEndsAndNothingStaysCounted(
      Wire wire, int size, Execution execution, From from, Freed freed) throws Exception {
    Log log = new Log();
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) -> {
                  if (data.getByte(data.readerIndex()) == '.') {
                    session.writer.writeOutbound(session.id, data.retain());
                  } else if (from == From.SESSION) {
                    writeAll(session, size, freed, log);
                  }
                });
    try (TestNode node = new TestNode(TestNode.options().withThreads(1, 2)).endingWithin(SOON)) {
      // So much that only a close makes it not writable.
      InterfaceServer server =
          wire.listen(
              node.serve(protocol)
                  .limits(Limits.output(16 << 20, 64 << 20, Duration.ofSeconds(30))));
      byte[] fine = {'.'};
      try (AnyClient healthy = wire.connect(server);
          AnyClient client = wire.connect(server)) {
        assertThat(healthy.ask(fine)).isEqualTo(fine);
        client.send(new byte[] {'!'});
        ScriptedProtocol.Conn session = protocol.session(1);
        if (from == From.LOOP_TASK) {
          session.context.executor().execute(() -> writeAll(session, size, freed, log));
        } else if (from == From.OTHER_THREAD) {
          whileTheLoopIsBusy(session, () -> writeAll(session, size, freed, log));
        }
        TestNode.await("it closes", SOON, session::closing);
        client.close();
        TestNode.await("told", SOON, () -> session.reason != null);
        TestNode.await("one is left", SOON, () -> server.endpoint().unfinished() == 1);
        TestNode.await(
            "no output waits", SOON, () -> node.transport.connections().outboundQueued() == 0);
        assertThat(log.told).hasValue(log.accepted.get());
        if (wire != Wire.UDP) {
          // Behind bytes that are missing nothing can have been sent; a datagram stands alone.
          assertThat(log.written).isSubsetOf(0);
        }
        assertThat(log.failed).isSorted().doesNotHaveDuplicates();
        assertThat(healthy.ask(fine)).isEqualTo(fine);
        assertThat(server.endpoint().metrics().snapshot().open()).isEqualTo(1);
      }
    }
  }

  /** A good one, the broken one, and some behind it. */
  private static void writeAll(ScriptedProtocol.Conn session, int size, Freed freed, Log log) {
    log.write(session, 0, zeros(session, 10));
    ByteBuf broken = zeros(session, size);
    if (freed == Freed.PART) {
      CompositeByteBuf whole = Unpooled.compositeBuffer();
      whole.addComponent(true, zeros(session, size / 2));
      whole.addComponent(true, broken);
      log.write(session, 1, whole);
    } else {
      if (freed == Freed.BEFORE) {
        broken.release();
      }
      log.write(session, 1, broken);
    }
    for (int number = 2; number < 5; number++) {
      log.write(session, number, zeros(session, number == 3 ? 0 : size));
    }
    if (freed != Freed.BEFORE) {
      broken.release();
    }
  }

  private static ByteBuf zeros(ScriptedProtocol.Conn session, int size) {
    return session.context.allocator().buffer(Math.max(1, size)).writeZero(size);
  }

  /** So that what is handed over waits meanwhile. */
  private static void whileTheLoopIsBusy(ScriptedProtocol.Conn session, Runnable action) {
    CountDownLatch busy = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    session
        .context
        .executor()
        .execute(
            () -> {
              busy.countDown();
              TestNode.await("the other thread is done", () -> done.getCount() == 0);
            });
    TestNode.await("the loop is busy", () -> busy.getCount() == 0);
    try {
      action.run();
    } finally {
      done.countDown();
    }
  }
}
