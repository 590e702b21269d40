// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who ends where the node has more output than it may, which is a megabyte here. */
class FullOutputTest {

  private static final int MORE_THAN_MAY_BE = 2 << 20;

  private final Bench bench = Bench.open();
  private final RecordingSession session = bench.session();

  @AfterEach
  void end() {
    if (!bench.bridge.gone()) {
      bench.finish();
    }
  }

  private void pass(int seconds) {
    for (int i = 0; i < 2 * seconds; i++) {
      bench.tick(Duration.ofMillis(500));
    }
  }

  @Test
  void aPeerThatTakesNothingOfASingleLargeWrite() {
    bench.full = true;
    assertThat(session.write(MORE_THAN_MAY_BE)).isTrue();

    pass(1);
    assertThat(bench.bridge.closeRequested()).isFalse();
    pass(2);

    assertThat(bench.bridge.ending()).isEqualTo(Ending.NODE_OUTPUT);
    assertThat(bench.effects).contains("abort");
  }

  @Test
  void nobodyWhereThereIsRoom() {
    bench.full = true;
    session.write(2000);

    pass(10);

    assertThat(bench.bridge.closeRequested()).isFalse();
  }

  @Test
  void nobodyWhoTakesSome() {
    bench.connections.outboundBudget().add(MORE_THAN_MAY_BE);
    for (int i = 0; i < 10; i++) {
      session.write(1500);
      pass(1);
      bench.take();
    }

    assertThat(bench.bridge.closeRequested()).isFalse();
    bench.connections.outboundBudget().add(-MORE_THAN_MAY_BE);
  }

  /** Others fill the node: the rest of a chunk, or of a frame, still comes behind the mark. */
  @Test
  void aWriterThatHoldsBackAtItsMarkMayEndWhatItHasBegun() {
    bench.connections.outboundBudget().add(MORE_THAN_MAY_BE);
    bench.full = true;
    session.write(1001);

    assertThat(session.write(999)).isTrue();
    assertThat(session.write(1)).isTrue();
    assertThat(session.write(1)).isFalse();

    assertThat(bench.bridge.ending()).isEqualTo(Ending.NODE_OUTPUT);
    bench.connections.outboundBudget().add(-MORE_THAN_MAY_BE);
  }
}
