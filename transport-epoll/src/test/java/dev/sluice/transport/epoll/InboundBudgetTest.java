// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.Execution;
import dev.sluice.transport.epoll.stream.ChannelSettings;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Input that sessions have not processed is bounded, and nothing of it is lost by waiting. */
class InboundBudgetTest {

  private static final int PASS = ChannelSettings.PASS;

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void theNodesBudgetPausesEveryInterfaceAndRoomWakesEveryInterface() throws Exception {
    int limit = 1 << 20;
    int length = 4 << 20;
    CountDownLatch latch = new CountDownLatch(1);
    List<ScriptedProtocol> protocols = new ArrayList<>();
    List<OpenSslServer> servers = new ArrayList<>();
    List<WireClient> clients = new ArrayList<>();
    List<CompletableFuture<Void>> uploads = new ArrayList<>();
    List<Long> sums = new ArrayList<>();
    try (TestNode node =
        new TestNode(TestNode.options().withQueueLimits(limit, 1 << 30, 1 << 30))) {
      try {
        for (int i = 0; i < 2; i++) {
          ScriptedProtocol protocol =
              new ScriptedProtocol(Execution.WORKERS).onData((session, data) -> await(latch));
          protocols.add(protocol);
          servers.add(node.serve(protocol).tls(i == 1).listen());
        }
        for (int i = 0; i < 6; i++) {
          WireClient client = WireClient.to(servers.get(i % 2));
          clients.add(client);
          byte[] bytes = WireClient.noise(i, length);
          sums.add(WholeDataTest.checksum(bytes));
          uploads.add(client.sendLater(bytes));
        }
        TestNode.await(
            "the budget is full", () -> node.transport.connections().inboundQueued() > limit);
        node.awaitPaused(6);
        assertThat(node.transport.connections().inboundQueued())
            .isLessThanOrEqualTo(limit + 6L * (PASS + 4096));
        assertThat(node.buffersAlive()).as("memory, TLS's too").isLessThan(3L * limit);
        assertThat(received(protocols)).isLessThan(6L * PASS);
      } finally {
        latch.countDown();
      }
      TestNode.await("all arrives", () -> received(protocols) == 6L * length);
      for (CompletableFuture<Void> upload : uploads) {
        upload.get();
      }
      assertThat(node.transport.connections().inboundQueued()).isZero();
      List<Long> arrived = new ArrayList<>();
      protocols.forEach(p -> p.sessions.forEach(session -> arrived.add(session.checksum())));
      assertThat(arrived).containsExactlyInAnyOrderElementsOf(sums);
      clients.forEach(WireClient::close);
    }
  }

  /** No second release follows that could wake whom the first forgot. */
  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void aSingleReleaseWakesEveryConnection(Execution execution) throws Exception {
    int limit = 1 << 20;
    int length = 50_000;
    List<ScriptedProtocol> protocols = new ArrayList<>();
    List<WireClient> clients = new ArrayList<>();
    int spare = limit;
    AtomicInteger spent = new AtomicInteger();
    ScriptedProtocol greedy =
        new ScriptedProtocol(execution)
            .onData((session, data) -> session.writer.hold(session.id, limit + 1 + spare));
    try (TestNode node =
        new TestNode(TestNode.options().withQueueLimits(limit, 1 << 30, 1 << 30))) {
      clients.add(WireClient.to(node.serve(greedy).listen()));
      for (int i = 0; i < 2; i++) {
        ScriptedProtocol protocol =
            new ScriptedProtocol(execution)
                .onData((session, data) -> session.writer.hold(session.id, data.readableBytes()));
        protocols.add(protocol);
        OpenSslServer server = node.serve(protocol).tls(i == 1).listen();
        for (int j = 0; j < 3; j++) {
          clients.add(WireClient.to(server));
        }
      }
      clients.get(0).send("!");
      TestNode.await(
          "the budget is full", () -> node.transport.connections().inboundQueued() > limit);
      for (WireClient client : clients.subList(1, 7)) {
        client.send(new byte[length]);
      }
      ScriptedProtocol.Conn held = greedy.session();
      // The greedy one has no more to read and finds nothing out.
      TestNode.await(
          "all wait",
          () -> {
            // A node that is full and gets no emptier would send somebody away.
            held.writer.consumed(held.id, 1);
            spent.incrementAndGet();
            return protocols.stream().allMatch(p -> p.sessions.size() == 3)
                && node.transport.connections().remains().paused() >= 6;
          });
      assertThat(received(protocols)).isLessThan(6L * length / 2);
      held.writer.consumed(held.id, limit + 1 + spare - spent.get());
      TestNode.await("all arrives", () -> received(protocols) == 6L * length);
      clients.forEach(WireClient::close);
    }
  }

  private static long received(List<ScriptedProtocol> protocols) {
    return protocols.stream()
        .flatMap(protocol -> protocol.sessions.stream())
        .mapToLong(session -> session.received.get())
        .sum();
  }

  @ParameterizedTest
  @CsvSource({"false", "true"})
  void aConnectionsLimitPausesItAlone(boolean tls) throws Exception {
    int limit = 256 << 10;
    byte[] bytes = WireClient.noise(1, 8 << 20);
    CountDownLatch latch = new CountDownLatch(1);
    ScriptedProtocol blocked =
        new ScriptedProtocol(Execution.WORKERS).onData((session, data) -> await(latch));
    ScriptedProtocol echo = new ScriptedProtocol(Execution.WORKERS);
    try (TestNode node =
        new TestNode(TestNode.options().withQueueLimits(1L << 30, limit, 1 << 30))) {
      OpenSslServer server = node.serve(blocked).tls(tls).listen();
      OpenSslServer other = node.serve(echo).tls(tls).listen();
      try (WireClient client = WireClient.to(server);
          WireClient served = WireClient.to(other)) {
        CompletableFuture<Void> upload = client.sendLater(bytes);
        try {
          TestNode.await("the limit", () -> node.transport.connections().inboundQueued() > limit);
          node.awaitPaused(1);
          assertThat(node.transport.connections().inboundQueued())
              .isLessThanOrEqualTo(limit + 2 * PASS);
          served.send("served?");
          assertThat(served.receive(7)).isEqualTo("served?");
        } finally {
          latch.countDown();
        }
        TestNode.await("all arrives", () -> blocked.session().received.get() == bytes.length);
        upload.get();
        assertThat(blocked.session().checksum()).isEqualTo(WholeDataTest.checksum(bytes));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP,false", "EVENT_LOOP,true", "WORKERS,false", "WORKERS,true"})
  void heldInputCountsUntilItIsConsumed(Execution execution, boolean tls) throws Exception {
    int limit = 256 << 10;
    int length = 4 << 20;
    AtomicLong held = new AtomicLong();
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData(
                (session, data) -> {
                  int bytes = data.readableBytes();
                  session.writer.hold(session.id, bytes);
                  held.addAndGet(bytes);
                });
    try (TestNode node =
        new TestNode(TestNode.options().withQueueLimits(limit, 1 << 30, 1 << 30))) {
      OpenSslServer server = node.serve(protocol).tls(tls).listen();
      try (WireClient client = WireClient.to(server)) {
        CompletableFuture<Void> upload = client.sendLater(WireClient.noise(1, length));
        ScriptedProtocol.Conn session = protocol.session();
        long consumed = 0;
        while (consumed < length) {
          long before = consumed;
          TestNode.await(
              "held",
              () ->
                  node.transport.connections().inboundQueued() > limit
                      || held.get() == length
                      || held.get() - before > limit);
          // What is being delivered counts twice for a moment, as queued and as held.
          assertThat(node.transport.connections().inboundQueued())
              .isLessThanOrEqualTo(limit + 6L * PASS);
          long now = held.get();
          session.writer.consumed(session.id, (int) (now - consumed));
          consumed = now;
        }
        upload.get();
        TestNode.await("all is free", () -> node.transport.connections().inboundQueued() == 0);
        session.writer.consumed(session.id, 1000);
        assertThat(node.transport.connections().inboundQueued()).isZero();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void whatIsHeldAtTheEndIsTakenBack(Execution execution) throws Exception {
    ScriptedProtocol protocol =
        new ScriptedProtocol(execution)
            .onData((session, data) -> session.writer.hold(session.id, data.readableBytes()));
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send(new byte[10_000]);
        TestNode.await("held", () -> node.transport.connections().inboundQueued() == 10_000);
      }
      ScriptedProtocol.Conn session = protocol.session();
      TestNode.await("taken back", () -> node.transport.connections().inboundQueued() == 0);
      TestNode.await("told", () -> session.reason != null);
      session.writer.hold(session.id, 5000);
      session.writer.consumed(session.id, 1);
      assertThat(node.transport.connections().inboundQueued()).isZero();
    }
  }

  /**
   * Half messages fill the node: their connections wait for more, which does not come while reads
   * are paused. Others come and go all the while and are served.
   */
  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void aNodeFullOfHalfMessagesShedsOneInsteadOfStandingStill(Execution execution) throws Exception {
    int limit = 256 << 10;
    int half = 100 << 10;
    ScriptedProtocol holding =
        new ScriptedProtocol(execution)
            .onData((session, data) -> session.writer.hold(session.id, data.readableBytes()));
    ScriptedProtocol echo = new ScriptedProtocol(execution);
    List<WireClient> clients = new ArrayList<>();
    try (TestNode node =
        new TestNode(TestNode.options().withQueueLimits(limit, 1 << 30, 1 << 30))) {
      OpenSslServer full = node.serve(holding).listen();
      OpenSslServer other = node.serve(echo).listen();
      for (int i = 0; i < 3; i++) {
        WireClient client = WireClient.to(full);
        clients.add(client);
        client.sendLater(new byte[half]);
      }
      TestNode.await("full", () -> node.transport.connections().inboundQueued() > limit);
      long begun = System.nanoTime();
      while (shed(holding) == 0) {
        try (WireClient client = WireClient.to(other)) {
          client.send("served?");
          assertThat(client.receive(7)).isEqualTo("served?");
        }
        assertThat(Duration.ofNanos(System.nanoTime() - begun))
            .as("nothing is shed")
            .isLessThan(TestNode.PATIENCE);
      }
      assertThat(shed(holding)).isEqualTo(1);
      TestNode.await(
          "the others go on", () -> node.transport.connections().inboundQueued() == 2L * half);
      awaitOneCounted(full);
      clients.forEach(WireClient::close);
    }
  }

  /** Nobody waits there by a pause of reads: what comes for a full node is dropped. */
  @ParameterizedTest
  @CsvSource({"EVENT_LOOP", "WORKERS"})
  void aNodeFullOfPeersThatHoldInputShedsOneInsteadOfDroppingForEver(Execution execution)
      throws Exception {
    int limit = 256 << 10;
    int half = 100 << 10;
    ScriptedProtocol holding =
        new ScriptedProtocol(execution)
            .onData((session, data) -> session.writer.hold(session.id, half));
    List<DatagramClient> clients = new ArrayList<>();
    try (TestNode node =
        new TestNode(TestNode.options().withQueueLimits(limit, 1 << 30, 1 << 30))) {
      DatagramServer server = node.serve(holding).udp();
      for (int i = 1; i <= 3; i++) {
        DatagramClient client = new DatagramClient(server);
        clients.add(client);
        client.send(new byte[1]);
        long held = (long) i * half;
        TestNode.await("held", () -> node.transport.connections().inboundQueued() == held);
      }
      clients.get(0).send(new byte[1]);
      TestNode.await("one is shed", () -> shed(holding) == 1);
      TestNode.await(
          "the others go on", () -> node.transport.connections().inboundQueued() == 2L * half);
      assertThat(received(List.of(holding))).as("dropped before").isEqualTo(3);
      awaitOneCounted(server);
      for (DatagramClient client : clients) {
        client.send(new byte[1]);
      }
      TestNode.await("heard again", () -> received(List.of(holding)) > 3);
    } finally {
      for (DatagramClient client : clients) {
        client.close();
      }
    }
  }

  /** Which comes behind what the session hears, and what it held is free. */
  private static void awaitOneCounted(InterfaceServer server) {
    TestNode.await("counted", () -> !server.endpoint().metrics().snapshot().closes().isEmpty());
    assertThat(server.endpoint().metrics().snapshot().closes())
        .containsEntry(CloseReason.INBOUND_BUDGET.code(), 1L);
  }

  private static long shed(ScriptedProtocol protocol) {
    return protocol.sessions.stream()
        .filter(session -> CloseReason.INBOUND_BUDGET.equals(session.reason))
        .count();
  }

  /** A close whose peer does not read ends, though reads were paused when it began. */
  @Test
  void aCloseThatBeganWhileTheNodeWasFullDoesNotLastForEver() throws Exception {
    int length = 16 << 20;
    ScriptedProtocol protocol =
        new ScriptedProtocol(Execution.EVENT_LOOP)
            .onData((session, data) -> session.writer.hold(session.id, 100_000));
    try (TestNode node = new TestNode(TestNode.options().withQueueLimits(1000, 1 << 30, 1 << 30))) {
      OpenSslServer server = node.serve(protocol).limits(Limits.idle(1000, 64 << 20)).listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        client.send("?");
        ScriptedProtocol.Conn session = protocol.session();
        session.writer.writeOutbound(session.id, Unpooled.buffer(length).writeZero(length));
        session.writer.closeSocket(session.id);
        TestNode.await("it ends", Duration.ofSeconds(5), () -> session.reason != null);
      }
    }
  }
}
