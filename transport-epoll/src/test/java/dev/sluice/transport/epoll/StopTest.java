// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A stop is quick and leaves nothing, whatever peers and sessions are at. */
@Isolated("It looks for threads of nodes, and there are to be none.")
class StopTest {

  private static final Duration QUICK = Duration.ofSeconds(15);

  @BeforeEach
  void nothingRunsYet() {
    TestNode.await("threads of other tests end", () -> threads().isEmpty());
  }

  private static List<String> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(Thread::isAlive)
        .map(Thread::getName)
        .filter(name -> name.startsWith("sluice-"))
        .toList();
  }

  private static void assertNothingLeft(OpenSslServer... servers) throws IOException {
    TestNode.await("threads end: " + threads(), () -> threads().isEmpty());
    for (OpenSslServer server : servers) {
      try (ServerSocket again = new ServerSocket()) {
        again.bind(server.address());
        assertThat(again.isBound()).isTrue();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void underLoadItLeavesNoThreadNoPortAndNoSession(Execution execution) throws Exception {
    ScriptedProtocol echo = new ScriptedProtocol(execution);
    ScriptedProtocol source =
        new ScriptedProtocol(execution)
            .onData((session, data) -> fill(session))
            .onWritability((session, writable) -> fill(session));
    List<WireClient> clients = new ArrayList<>();
    List<CompletableFuture<?>> traffic = new ArrayList<>();
    AtomicBoolean over = new AtomicBoolean();
    OpenSslServer plain;
    OpenSslServer secured;
    long begun;
    try (TestNode node = new TestNode()) {
      plain = node.serve(echo).listen();
      secured = node.serve(source).tls().listen();
      for (int i = 0; i < 8; i++) {
        WireClient client = WireClient.to(i % 2 == 0 ? plain : secured);
        clients.add(client);
        traffic.add(WireClient.later(() -> exchange(client, over)));
      }
      // More keep coming while the node goes.
      traffic.add(WireClient.later(() -> connectAgainAndAgain(plain, over)));
      TestNode.await("load", () -> echo.sessions.size() >= 4 && source.sessions.size() == 4);
      begun = System.nanoTime();
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(QUICK);
    over.set(true);
    clients.forEach(StopTest::closeQuietly);
    for (CompletableFuture<?> each : traffic) {
      each.get();
    }
    assertNothingLeft(plain, secured);
  }

  private static void fill(ScriptedProtocol.Conn session) {
    while (session.writer.isWritable(session.id)) {
      session.writer.writeOutbound(session.id, Unpooled.buffer(10_000).writeZero(10_000));
    }
  }

  private static Void exchange(WireClient client, AtomicBoolean over) {
    byte[] chunk = new byte[16 << 10];
    try {
      while (!over.get()) {
        client.send(chunk);
        if (client.receiveSome(chunk) < 0) {
          return null;
        }
      }
    } catch (IOException stopped) {
      assertThat(stopped).isNotNull();
    }
    return null;
  }

  private static Void connectAgainAndAgain(OpenSslServer server, AtomicBoolean over) {
    while (!over.get()) {
      try (WireClient client = WireClient.to(server)) {
        client.send("x");
        client.receive(1);
      } catch (IOException stopped) {
        LockSupport.parkNanos(1_000_000);
      }
    }
    return null;
  }

  private static void closeQuietly(WireClient client) {
    try {
      client.reset();
    } catch (IOException gone) {
      assertThat(gone).isNotNull();
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void itDoesNotWaitForAPeerThatDoesNotRead(Execution execution, boolean tls) throws Exception {
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) -> {
                  session.writer.writeOutbound(
                      session.id, Unpooled.buffer(16 << 20).writeZero(16 << 20));
                  session.writer.closeSocket(session.id);
                  session.events.add("close");
                });
    WireClient client;
    OpenSslServer server;
    long begun;
    try (TestNode node = new TestNode()) {
      server = node.serve(protocol).tls(tls).listen();
      client = WireClient.withSmallWindow(server);
      client.send("?");
      TestNode.await("output", () -> node.transport.connections().outboundQueued() > 0);
      TestNode.await("close", () -> protocol.session().events.contains("close"));
      begun = System.nanoTime();
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(QUICK);
    // Its own close stands as the reason.
    assertThat(protocol.session().reason).isEqualTo(CloseReason.SESSION_CLOSED);
    client.cutOff();
    assertNothingLeft(server);
  }

  @Test
  void aWorkerThatDoesNotEndIsNamedWithItsStackAndKeepsNothingAlive() throws Exception {
    AtomicBoolean released = new AtomicBoolean();
    AtomicReference<Thread> worker = new AtomicReference<>();
    ScriptedProtocol protocol =
        new ScriptedProtocol(Execution.WORKERS)
            .onData(
                (session, data) -> {
                  worker.set(Thread.currentThread());
                  neverEnds(released);
                });
    EpollTransport transport = new EpollTransport(TestNode.options());
    try (WireClient client = stuck(transport, protocol)) {
      TestNode.await("at work", () -> worker.get() != null);
      ScriptedProtocol.Conn session = protocol.session();
      session.writer.abort(session.id, CloseReason.DRAIN_DEADLINE);
      assertThat(client.endsByReset()).isTrue();
      long begun = System.nanoTime();
      List<String> stuck = transport.stop(Duration.ofMillis(200));
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(QUICK);
      assertThat(stuck).hasSize(1);
      assertThat(stuck.get(0)).startsWith("sluice-worker-").contains("StopTest.neverEnds");
      assertThat(worker.get().isDaemon()).isTrue();
      TestNode.await("loops end", () -> threads().stream().noneMatch(n -> n.contains("loop")));
      released.set(true);
      TestNode.await("told at last", () -> session.reason != null);
      assertThat(session.reason).isEqualTo(CloseReason.DRAIN_DEADLINE);
      protocol.verify();
      TestNode.awaitNothingLeft(transport);
      assertNothingLeft();
    } finally {
      released.set(true);
    }
  }

  private static WireClient stuck(EpollTransport transport, ScriptedProtocol protocol)
      throws Exception {
    OpenSslServer server = TestNode.alone(transport, protocol);
    server.bind();
    server.listen();
    WireClient client = WireClient.to(server);
    client.send("?");
    protocol.session();
    server.close();
    return client;
  }

  private static void neverEnds(AtomicBoolean released) {
    while (!released.get()) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  @Test
  void twoStopsAreOneAndStopNeedsNoStart() throws Exception {
    for (int step = 0; step < 3; step++) {
      EpollTransport transport = new EpollTransport(TestNode.options());
      OpenSslServer server = TestNode.alone(transport, new RawEcho(Execution.WORKERS));
      if (step > 0) {
        server.bind();
      }
      if (step > 1) {
        server.listen();
      }
      server.close();
      server.close();
      assertThat(server.endpoint().abortAll(CloseReason.DRAIN_DEADLINE)).isZero();
      assertThat(transport.stop(Duration.ofSeconds(5))).isEmpty();
      assertThat(transport.stop(Duration.ofSeconds(5))).isEmpty();
      TestNode.awaitNothingLeft(transport);
      server.close();
      if (step > 0) {
        assertNothingLeft(server);
      } else {
        assertNothingLeft();
      }
    }
  }

  @Test
  void anAbortOfAllCountsThemAndTellsEachOnce() throws Exception {
    ScriptedProtocol protocol = new ScriptedProtocol(Execution.WORKERS);
    ScriptedProtocol other = new ScriptedProtocol(Execution.WORKERS);
    List<WireClient> clients = new ArrayList<>();
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).listen();
      OpenSslServer untouched = node.serve(other).listen();
      for (int i = 0; i < 20; i++) {
        clients.add(WireClient.to(server));
        clients.get(i).send("x");
        clients.get(i).receive(1);
      }
      try (WireClient stays = WireClient.to(untouched)) {
        assertThat(server.endpoint().abortAll(CloseReason.TERMINATED)).isEqualTo(20);
        assertThat(server.endpoint().awaitNone(Duration.ofSeconds(10))).isTrue();
        assertThat(server.endpoint().abortAll(CloseReason.TERMINATED)).isZero();
        assertThat(clients).allMatch(WireClient::endsByReset);
        assertThat(protocol.sessions).allMatch(s -> s.reason.equals(CloseReason.TERMINATED));
        stays.send("x");
        assertThat(stays.receive(1)).isEqualTo("x");
      }
    } finally {
      clients.forEach(WireClient::close);
    }
  }

  /** Connections are aborted at every stage of being accepted. */
  @ParameterizedTest
  @CsvSource({"false", "true"})
  void abortsThatMeetConnectionsHalfAcceptedEndThemToo(boolean tls) throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(new RawEcho(Execution.EVENT_LOOP)).tls(tls).listen();
      List<CompletableFuture<Void>> clients = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        clients.add(WireClient.later(() -> connectAgainAndAgain(server, over)));
      }
      for (int i = 0; i < 2000; i++) {
        server.endpoint().abortAll(CloseReason.TERMINATED);
        LockSupport.parkNanos(100_000);
      }
      over.set(true);
      for (CompletableFuture<Void> client : clients) {
        client.get();
      }
      TestNode.await("all have ended", () -> server.endpoint().unfinished() == 0);
      assertThat(server.endpoint().metrics().snapshot().accepted()).isGreaterThan(10);
    }
  }
}
