// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import dev.sluice.transport.epoll.loop.LoopFigures;
import dev.sluice.transport.epoll.loop.LoopWatchdog;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** A session that blocks its event loop does not keep the node from stopping, and is found. */
class BlockedLoopTest {

  private static final Duration SOON = TestNode.PATIENCE;

  /** Of the watchdog, behind the one that has told. */
  private static final long TWO_LOOKS = Duration.ofSeconds(2).toNanos();

  @Test
  void aStopReturnsInItsTimeAndNamesTheLoopWithItsStack() throws Exception {
    AtomicBoolean released = new AtomicBoolean();
    AtomicReference<Thread> loop = new AtomicReference<>();
    ScriptedProtocol protocol =
        new ScriptedProtocol(Execution.EVENT_LOOP)
            .onData(
                (session, data) -> {
                  loop.set(Thread.currentThread());
                  keepsTheLoop(released);
                });
    EpollTransport transport = new EpollTransport(TestNode.options());
    try {
      OpenSslServer server = TestNode.alone(transport, protocol);
      server.bind();
      server.listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("?");
        TestNode.await("the loop is blocked", SOON, () -> loop.get() != null);
        long begun = System.nanoTime();
        List<String> stuck = transport.stop(Duration.ofMillis(300));
        // Netty's own time to come to rest is in it.
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(SOON);
        assertThat(loop.get().isAlive()).isTrue();
        assertThat(stuck)
            .singleElement()
            .asString()
            .startsWith(loop.get().getName())
            .contains("BlockedLoopTest.keepsTheLoop");
      }
    } finally {
      released.set(true);
      transport.stop(SOON);
    }
    TestNode.await("the loop ends at last", SOON, () -> !loop.get().isAlive());
    TestNode.awaitNothingLeft(transport);
    protocol.verify();
  }

  /** Told once with the stack, counted once, and only that loop. */
  @Test
  void theWatchdogTellsWhereTheLoopIs() throws Exception {
    AtomicBoolean released = new AtomicBoolean();
    ScriptedProtocol protocol =
        new ScriptedProtocol(Execution.EVENT_LOOP)
            .onData(
                (session, data) -> {
                  if (!released.get()) {
                    keepsTheLoop(released);
                  }
                });
    try (Logged log = Logged.of(LoopWatchdog.class);
        TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(protocol).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("?");
        TestNode.await("it is counted", SOON, () -> blocked(node) == 1);
        TestNode.await("it is told", SOON, () -> !told(log).isEmpty());
        // Still blocked, and neither told nor counted again.
        TestNode.await("it is late", SOON, () -> late(node) > TWO_LOOKS);
        assertThat(blocked(node)).isEqualTo(1);
        assertThat(told(log))
            .singleElement()
            .asString()
            .startsWith("a call blocks an event loop")
            .contains("sluice-loop-")
            .contains("BlockedLoopTest.keepsTheLoop");
        released.set(true);
        TestNode.await("it turns again", SOON, () -> late(node) < TWO_LOOKS / 10);
      }
    } finally {
      released.set(true);
    }
    protocol.verify();
  }

  private static long blocked(TestNode node) {
    return node.transport.loops().stream().mapToLong(LoopFigures::blocked).sum();
  }

  private static long late(TestNode node) {
    return node.transport.loops().stream().mapToLong(loop -> loop.late().toNanos()).max().orElse(0);
  }

  /** Other tests of this process may block loops of theirs. */
  private static List<String> told(Logged log) {
    return log.warnings().stream().filter(line -> line.contains("keepsTheLoop")).toList();
  }

  private static void keepsTheLoop(AtomicBoolean released) {
    while (!released.get()) {
      LockSupport.parkNanos(1_000_000);
    }
  }
}
