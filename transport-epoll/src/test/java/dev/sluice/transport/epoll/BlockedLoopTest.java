// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** A session that blocks its event loop does not keep the node from stopping, and is found. */
class BlockedLoopTest {

  private static final Duration SOON = TestNode.PATIENCE;

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

  private static void keepsTheLoop(AtomicBoolean released) {
    while (!released.get()) {
      LockSupport.parkNanos(1_000_000);
    }
  }
}
