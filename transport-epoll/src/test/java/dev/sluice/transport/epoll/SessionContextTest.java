// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.Execution;
import dev.sluice.api.ScheduledTask;
import dev.sluice.api.SessionContext;
import dev.sluice.api.Transport;
import dev.sluice.transport.epoll.stream.ChannelSettings;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.ref.WeakReference;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a session finds out and has done for it, from its making until after its end. */
class SessionContextTest {

  /** A protocol's own settings. */
  record Settings(int size) {}

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void theContextAnswersInCreateAndAfterTheEndTheSame(Execution execution, boolean tls)
      throws Exception {
    List<List<Object>> answers = new CopyOnWriteArrayList<>();
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onCreate(session -> answers.add(ask(session)))
            .onClosed((session, reason) -> answers.add(ask(session)));
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).settings(new Settings(7)).tls(tls).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("x");
        assertThat(client.receive(1)).isEqualTo("x");
      }
      ScriptedProtocol.Conn session = protocol.session();
      TestNode.await("told", () -> session.reason != null);
      TestNode.await("ended", () -> server.endpoint().unfinished() == 0);
      answers.add(ask(session));
      assertThat(answers).hasSize(3);
      assertThat(answers.get(0)).isEqualTo(answers.get(1)).isEqualTo(answers.get(2));
      assertThat(answers.get(0)).contains(server.address(), tls, new Settings(7), "test0");
      assertThat(session.context.execute(() -> session.events.add("too late"))).isFalse();
      session.context.schedule(Duration.ZERO, () -> session.events.add("too late")).cancel();
      session.context.count("after");
      session.context.note("after");
      assertThat(session.events).endsWith("closed peer_closed");
    }
  }

  private static List<Object> ask(ScriptedProtocol.Conn session) {
    SessionContext context = session.writer.context(session.id);
    assertThat(context).isSameAs(session.context);
    assertThat(context.transport()).isEqualTo(Transport.TCP);
    assertThat(((InetSocketAddress) context.remoteAddress()).getPort()).isPositive();
    assertThatThrownBy(() -> context.settings(Other.class))
        .isInstanceOf(IllegalArgumentException.class);
    return List.of(
        context.id(),
        context.interfaceName(),
        context.localAddress(),
        context.remoteAddress(),
        context.secure(),
        context.tls(),
        context.settings(Settings.class),
        context.allocator(),
        context.executor());
  }

  /** Settings of somebody else. */
  record Other() {}

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void anotherConnectionsIdDoesNothing(Execution execution) throws Exception {
    ScriptedProtocol protocol = new ScriptedProtocol(execution);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).listen();
      try (WireClient one = WireClient.to(server);
          WireClient two = WireClient.to(server)) {
        one.send("1");
        assertThat(one.receive(1)).isEqualTo("1");
        two.send("2");
        assertThat(two.receive(1)).isEqualTo("2");
        ScriptedProtocol.Conn mine = protocol.session(0);
        ConnId other = protocol.session(1).id;
        ByteBuf data = Unpooled.copiedBuffer(new byte[] {1});
        ByteBuf told = Unpooled.copiedBuffer(new byte[] {1});
        assertThat(mine.writer.writeOutbound(other, data)).isFalse();
        assertThat(
                mine.writer.writeOutbound(
                    other, told, written -> mine.events.add("completed " + written)))
            .isFalse();
        assertThat(data.refCnt() + told.refCnt()).isZero();
        assertThat(mine.writer.isWritable(other)).isFalse();
        assertThat(mine.writer.shutdownOutput(other)).isFalse();
        mine.writer.closeSocket(other);
        mine.writer.abort(other, CloseReason.TERMINATED);
        mine.writer.pauseReads(other);
        mine.writer.hold(other, 5);
        mine.writer.consumed(other, 5);
        assertThatThrownBy(() -> mine.writer.context(other))
            .isInstanceOf(IllegalArgumentException.class);
        for (WireClient client : List.of(one, two)) {
          client.send("still");
          assertThat(client.receive(5)).isEqualTo("still");
        }
        TestNode.await("nothing is held", () -> node.transport.connections().inboundQueued() == 0);
        assertThat(mine.events).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void tasksOfManyThreadsRunOneAtATimeAndEachThreadsInOrder(Execution execution) throws Exception {
    ScriptedProtocol protocol = new ScriptedProtocol(execution);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("x");
        ScriptedProtocol.Conn session = protocol.session();
        AtomicInteger inside = new AtomicInteger();
        AtomicBoolean overlap = new AtomicBoolean();
        int[] next = new int[4];
        List<String> disorder = new CopyOnWriteArrayList<>();
        AtomicInteger run = new AtomicInteger();
        List<CompletableFuture<Void>> threads = new ArrayList<>();
        for (int thread = 0; thread < 4; thread++) {
          int own = thread;
          threads.add(
              WireClient.later(
                  () -> {
                    for (int i = 0; i < 1000; i++) {
                      int number = i;
                      assertThat(
                              session.context.execute(
                                  () -> {
                                    overlap.compareAndSet(false, inside.getAndIncrement() != 0);
                                    if (next[own]++ != number) {
                                      disorder.add(own + ":" + number);
                                    }
                                    run.incrementAndGet();
                                    inside.decrementAndGet();
                                  }))
                          .isTrue();
                    }
                    return null;
                  }));
        }
        for (CompletableFuture<Void> thread : threads) {
          thread.get();
        }
        TestNode.await("all run", () -> run.get() == 4000);
        assertThat(overlap).isFalse();
        assertThat(disorder).isEmpty();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void scheduledTasksRunInTheirTimeUnlessTakenBackOrTheConnectionEnds(Execution execution)
      throws Exception {
    ScriptedProtocol protocol = new ScriptedProtocol(execution);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).listen();
      ScriptedProtocol.Conn session;
      CountDownLatch late = new CountDownLatch(1);
      try (WireClient client = WireClient.to(server)) {
        client.send("x");
        session = protocol.session();
        SessionContext context = session.context;
        long begun = System.nanoTime();
        AtomicInteger early = new AtomicInteger();
        context.schedule(
            Duration.ofMillis(150),
            () -> {
              if (System.nanoTime() - begun < 150_000_000L) {
                early.incrementAndGet();
              }
              session.events.add("third");
            });
        ScheduledTask taken =
            context.schedule(Duration.ofMillis(100), () -> session.events.add("taken"));
        context.schedule(Duration.ofMillis(50), () -> session.events.add("second"));
        context.schedule(
            Duration.ofMillis(10),
            () -> {
              session.events.add("first");
              taken.cancel();
              taken.cancel();
            });
        context.schedule(Duration.ofMillis(700), late::countDown);
        TestNode.await("all", () -> session.events.contains("third"));
        assertThat(session.events).containsExactly("first", "second", "third");
        assertThat(early).hasValue(0);
      }
      TestNode.await("told", () -> session.reason != null);
      ScheduledTask refused = session.context.schedule(Duration.ZERO, late::countDown);
      refused.cancel();
      assertThat(late.await(800, TimeUnit.MILLISECONDS)).isFalse();
    }
  }

  @Test
  void aTaskWhoseConnectionEndedBeforeItsTurnDoesNotRun() throws Exception {
    CountDownLatch latch = new CountDownLatch(1);
    ScriptedProtocol protocol =
        new ScriptedProtocol(Execution.WORKERS)
            .onData(
                (session, data) -> {
                  try {
                    latch.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).listen();
      WireClient client = WireClient.to(server);
      client.send("x");
      ScriptedProtocol.Conn session = protocol.session();
      TestNode.await("at work", () -> session.received.get() == 1);
      session.context.execute(() -> session.events.add("before"));
      client.reset();
      TestNode.await("gone", node::socketsGone);
      session.context.execute(() -> session.events.add("behind"));
      session.context.schedule(Duration.ZERO, () -> session.events.add("behind"));
      latch.countDown();
      TestNode.await("ended", () -> server.endpoint().unfinished() == 0);
      assertThat(session.events).containsExactly("closed peer_reset");
    }
  }

  /** A timer of an hour keeps nothing of a connection that has ended in memory. */
  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void aTaskThatWaitsForItsTimeIsForgottenWithItsConnection(Execution execution) throws Exception {
    List<WeakReference<Object>> waiting = new CopyOnWriteArrayList<>();
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) -> {
                  Object task = new Object();
                  waiting.add(new WeakReference<>(task));
                  session.context.schedule(Duration.ofHours(1), task::notifyAll);
                  session.write("done");
                });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("x");
        client.receive(4);
      }
      TestNode.await(
          "forgotten",
          () -> {
            System.gc();
            return waiting.get(0).get() == null;
          });
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void pausedReadsStopAndGoOnWithNothingLost(Execution execution, boolean tls) throws Exception {
    byte[] bytes = WireClient.noise(3, 8 << 20);
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) -> {
                  if (!session.armed) {
                    session.armed = true;
                    session.writer.pauseReads(session.id);
                    session.writer.pauseReads(session.id);
                  }
                });
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient client = WireClient.to(server)) {
        CompletableFuture<Void> upload = client.sendLater(bytes);
        ScriptedProtocol.Conn session = protocol.session();
        TestNode.await("first bytes", () -> session.received.get() > 0);
        node.awaitPaused(1);
        node.goRound();
        session.awaitTurn();
        // On a worker the pause takes effect a little later.
        long bound = (execution == Execution.WORKERS ? 1 << 20 : 0) + 4L * ChannelSettings.PASS;
        assertThat(session.received.get()).isLessThanOrEqualTo(bound);
        session.writer.resumeReads(session.id);
        TestNode.await("all arrives", () -> session.received.get() == bytes.length);
        upload.get();
        assertThat(session.checksum()).isEqualTo(WholeDataTest.checksum(bytes));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void aProtocolThatSpeaksFirstGreets(Execution execution, boolean tls) throws Exception {
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .speakingFirst()
            .onCreate(session -> session.write("220 welcome"));
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient client = WireClient.to(server)) {
        assertThat(client.receive(11)).isEqualTo("220 welcome");
        client.send("hello");
        assertThat(client.receive(5)).isEqualTo("hello");
        assertThat(protocol.creates).hasValue(1);
      }
    }
  }

  @SuppressWarnings("try") // closed on purpose before the end
  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void aSessionIsMadeByTheFirstBytesOnceAndForASilentPeerNever(Execution execution, boolean tls)
      throws Exception {
    ScriptedProtocol protocol = new ScriptedProtocol(execution);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient silent = WireClient.to(server);
          WireClient client = WireClient.to(server)) {
        CompletableFuture<Void> upload = client.sendLater(new byte[1 << 20]);
        client.receiveBytes(1 << 20);
        upload.get();
        assertThat(protocol.creates).hasValue(1);
        assertThat(server.endpoint().metrics().snapshot().open()).isEqualTo(2);
        silent.close();
        TestNode.await("gone", () -> server.endpoint().metrics().snapshot().open() == 1);
        assertThat(protocol.creates).hasValue(1);
      }
    }
  }
}
