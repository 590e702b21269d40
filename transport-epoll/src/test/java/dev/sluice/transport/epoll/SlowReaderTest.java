// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.session.bridge.EndpointOptions;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A peer that stops reading loses its connection; one that reads slowly does not. */
class SlowReaderTest {

  private static final Duration SHORT = Duration.ofMillis(700);
  private static final Duration MINUTE = Duration.ofMinutes(1);

  /** The kernel asks for more when a third of what it keeps has left: some 700 ms, read slowly. */
  private static final Duration BETWEEN_READS = Duration.ofSeconds(2);

  /** More than both kernels keep for a connection on loopback. */
  private static final int LARGE = 12 << 20;

  private final byte[] answer = WireClient.noise(1, LARGE);
  private final Probe probe = new Probe().greets(peer -> peer.write(answer));

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPeerThatStoppedReadingIsClosedAsASlowConsumer(boolean tls) throws Exception {
    assertClosed(tls, Limits.times(MINUTE, MINUTE, SHORT), CloseReason.SLOW_CONSUMER);
  }

  /** Little output waits, so that the slow consumer's limit does not speak. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPeerThatStoppedReadingUnderTheMarkIsClosedAsIdle(boolean tls) throws Exception {
    EndpointOptions.Limits large =
        new EndpointOptions.Limits(SHORT, MINUTE, SHORT, LARGE, 2 * LARGE, Duration.ofSeconds(1));
    assertClosed(tls, large, CloseReason.IDLE_TIMEOUT);
  }

  private void assertClosed(boolean tls, EndpointOptions.Limits limits, CloseReason reason)
      throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(probe).tls(tls).limits(limits).listen();
      long before = System.nanoTime();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        // Long before a minute is over: the wait for the end has a bound of its own.
        assertThat(probe.session().end()).isEqualTo(reason);
        assertThat(Duration.ofNanos(System.nanoTime() - before)).isGreaterThanOrEqualTo(SHORT);
        assertThat(client.endsByReset()).isTrue();
      }
      TestNode.await("it ends", () -> server.endpoint().unfinished() == 0);
      assertThat(server.endpoint().metrics().snapshot().closes())
          .containsEntry(reason.code(), 1L)
          .hasSize(1);
      TestNode.await(
          "the budget is whole", () -> node.transport.connections().outboundQueued() == 0);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @Execution(ExecutionMode.CONCURRENT)
  void aPeerThatReadsSlowlyGetsEverything(boolean tls) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server =
          node.serve(probe)
              .tls(tls)
              .limits(Limits.times(BETWEEN_READS, MINUTE, BETWEEN_READS))
              .listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        byte[] some = new byte[64 << 10];
        long begun = System.nanoTime();
        while (received.size() < LARGE) {
          int read = client.receiveSome(some);
          assertThat(read).as("after %s bytes", received.size()).isPositive();
          received.write(some, 0, read);
          // It takes almost four times as long as either timeout.
          long due = begun + TimeUnit.SECONDS.toNanos(7) / LARGE * received.size();
          new CompletableFuture<Void>()
              .completeOnTimeout(null, Math.max(0, due - System.nanoTime()), TimeUnit.NANOSECONDS)
              .join();
        }
        assertThat(received.toByteArray()).isEqualTo(answer);
        assertThat(Duration.ofNanos(System.nanoTime() - begun))
            .isGreaterThan(BETWEEN_READS.multipliedBy(3));
        // It may be idle by now: the last megabytes were the kernel's long before they were ours.
        assertThat(probe.session().ends).doesNotContain(CloseReason.SLOW_CONSUMER);
      }
    }
  }
}
