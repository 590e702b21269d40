// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A drain loses nothing that a client has sent, and does not wait for those that send nothing. */
class DrainTest {

  private static final Duration HOUR = Duration.ofHours(1);

  @ParameterizedTest
  @EnumSource(names = {"EVENT_LOOP", "WORKERS"})
  void whatWaitsInTheKernelWhenTheListenerClosesIsServed(Execution execution) throws Exception {
    CountDownLatch blocked = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    ScriptedProtocol blocking =
        new ScriptedProtocol(Execution.EVENT_LOOP)
            .onData(
                (session, data) -> {
                  blocked.countDown();
                  await(go);
                });
    ScriptedProtocol echo = new ScriptedProtocol(execution);
    List<WireClient> clients = new ArrayList<>();
    try (TestNode node = new TestNode(oneLoop())) {
      WireClient blocker = WireClient.to(node.serve(blocking).listen());
      clients.add(blocker);
      OpenSslServer server = node.serve(echo).listen();
      blocker.send("x");
      assertThat(blocked.await(20, TimeUnit.SECONDS)).isTrue();
      // The only loop is held up: these are accepted by the kernel and by nobody else.
      for (int i = 0; i < 40; i++) {
        WireClient client = WireClient.to(server);
        clients.add(client);
        client.send("hello");
      }
      Thread closing = new Thread(server::close);
      closing.start();
      TestNode.await(
          "the close waits for the loop", () -> closing.getState() == Thread.State.WAITING);
      go.countDown();
      closing.join(20_000);

      server.endpoint().drain(HOUR, HOUR);

      for (WireClient client : clients.subList(1, clients.size())) {
        assertThat(client.receive(5)).isEqualTo("hello");
      }
    } finally {
      for (WireClient client : clients) {
        client.close();
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"EVENT_LOOP", "WORKERS"})
  void aSessionMadeWithinTheGraceHearsOfTheDrainBehindItsFirstBytes(Execution execution)
      throws Exception {
    ScriptedProtocol echo = new ScriptedProtocol(execution);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(echo).listen();
      try (WireClient client = WireClient.to(server)) {
        TestNode.await("it is in", () -> server.endpoint().unfinished() == 1);

        server.endpoint().drain(HOUR, HOUR);
        client.send("hello");

        assertThat(client.receive(5)).isEqualTo("hello");
        assertThat(client.receiveSome(new byte[1])).as("the end").isNegative();
      }
      TestNode.await("its end", () -> server.endpoint().unfinished() == 0);
      assertThat(closes(server)).isEqualTo(Map.of("session_closed", 1L));
    }
  }

  @Test
  void aConnectionThatBringsNothingIsClosedWhenTheGraceIsOver() throws Exception {
    for (Duration grace : List.of(Duration.ZERO, Duration.ofMillis(300))) {
      try (TestNode node = new TestNode()) {
        OpenSslServer server = node.serve(new ScriptedProtocol(Execution.WORKERS)).listen();
        try (WireClient client = WireClient.to(server)) {
          TestNode.await("it is in", () -> server.endpoint().unfinished() == 1);
          long begin = System.nanoTime();

          server.endpoint().drain(HOUR, grace);

          assertThat(client.receiveSome(new byte[1])).as("the end").isNegative();
          assertThat(System.nanoTime() - begin).isGreaterThanOrEqualTo(grace.toNanos());
        }
        TestNode.await("its end", () -> server.endpoint().unfinished() == 0);
        assertThat(closes(server)).isEqualTo(Map.of("drained", 1L));
      }
    }
  }

  private static TransportOptions oneLoop() {
    TransportOptions options = TestNode.options();
    return new TransportOptions(
        1,
        2,
        options.inboundQueueLimit(),
        options.inboundConnectionLimit(),
        options.outboundQueueLimit(),
        options.requestTimeout(),
        new UnpooledByteBufAllocator(true));
  }

  private static Map<String, Long> closes(OpenSslServer server) {
    return server.endpoint().metrics().snapshot().closes();
  }

  private static void await(CountDownLatch latch) {
    try {
      assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
