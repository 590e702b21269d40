// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Peers of datagrams that hold unfinished input do not keep the node full for ever. */
class DatagramSheddingTest {

  /** The node's is 1 MiB. */
  private static final int HALF_A_BUDGET = 600 << 10;

  private static final Duration TICK = Duration.ofMillis(250);
  private static final String SHED = "closed " + CloseReason.INBOUND_BUDGET;

  private final DatagramBench bench = new DatagramBench(3);

  private void hold(int peer, int bytes) {
    RecordingSession session = bench.session(peer);
    session.writer.hold(session.id, bytes);
  }

  private void consume(int peer, int bytes) {
    RecordingSession session = bench.session(peer);
    session.writer.consumed(session.id, bytes);
  }

  private long shed() {
    return bench.sessions().stream().filter(session -> session.heard.contains(SHED)).count();
  }

  private void pass(Duration time) {
    for (Duration passed = Duration.ZERO; passed.compareTo(time) < 0; passed = passed.plus(TICK)) {
      bench.tick(TICK);
    }
  }

  private long heard(int peer) {
    return bench.session(peer).heard.stream().filter(what -> what.startsWith("data")).count();
  }

  @Test
  void whoHoldsMostIsClosedWhereAnothersInputIsDroppedForIt() {
    hold(0, HALF_A_BUDGET);
    hold(1, HALF_A_BUDGET + 1);
    bench.receive(0);
    assertThat(heard(0)).as("dropped").isEqualTo(1);
    pass(Duration.ofMillis(1750));
    assertThat(shed()).isZero();
    pass(Duration.ofSeconds(1));
    assertThat(bench.session(1).heard).contains(SHED);
    assertThat(shed()).isEqualTo(1);
    bench.receive(0);
    assertThat(heard(0)).as("room for what comes now").isEqualTo(2);
    bench.finish();
  }

  @Test
  void whileNobodysInputIsDroppedNobodyIsClosed() {
    hold(0, HALF_A_BUDGET);
    hold(1, HALF_A_BUDGET);
    // It holds nothing, and is served.
    bench.receive(2);
    assertThat(heard(2)).isEqualTo(2);
    pass(Duration.ofSeconds(10));
    assertThat(shed()).isZero();
    bench.finish();
  }

  @Test
  void whileInputIsFinishedNobodyIsClosed() {
    hold(0, HALF_A_BUDGET);
    hold(1, HALF_A_BUDGET);
    bench.receive(0);
    for (int second = 0; second < 10; second++) {
      consume(0, 1000);
      pass(Duration.ofSeconds(1));
    }
    assertThat(shed()).isZero();
    bench.finish();
  }

  /** What was dropped while the node was full is no reason once there has been room. */
  @Test
  void roomForgetsWhatWasDropped() {
    hold(0, HALF_A_BUDGET);
    hold(1, HALF_A_BUDGET);
    bench.receive(0);
    consume(1, HALF_A_BUDGET);
    hold(1, HALF_A_BUDGET);
    pass(Duration.ofSeconds(10));
    assertThat(shed()).isZero();
    bench.receive(0);
    pass(Duration.ofSeconds(3));
    assertThat(shed()).isEqualTo(1);
    bench.finish();
  }

  /** That is between the session and its peer. */
  @Test
  void whatIsDroppedSinceTheSessionHasPausedClosesNobody() {
    hold(0, HALF_A_BUDGET);
    hold(1, HALF_A_BUDGET);
    RecordingSession paused = bench.session(2);
    paused.writer.pauseReads(paused.id);
    bench.receive(2);
    assertThat(heard(2)).isEqualTo(1);
    pass(Duration.ofSeconds(10));
    assertThat(shed()).isZero();
    bench.finish();
  }
}
