// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who is closed where the node is full of unfinished input, whichever loop looks first. */
class SheddingTest {

  private static final long LIMIT = 1000;

  private final Bench one = new Bench();
  private final Bench other = new Bench();
  private final InboundBudget budget = new InboundBudget(LIMIT);
  private final Sweep first = new Sweep(budget, new OutboundBudget(LIMIT));
  private final Sweep second = new Sweep(budget, new OutboundBudget(LIMIT));

  @BeforeEach
  void full() {
    budget.add(LIMIT + 200);
    budget.dropped();
  }

  @AfterEach
  void end() {
    one.finish();
    other.finish();
  }

  private SessionBridge shed(Sweep sweep, Bench bench, long bytes, long now) {
    return budget.shed(sweep, new Sweep.Held(bench.bridge, bytes, bytes), now);
  }

  @Test
  void itIsWhoeverHoldsTheMostOfAllLoops() {
    assertThat(shed(first, one, 10, 0)).isNull();
    assertThat(shed(second, other, 900, 1)).isNull();
    assertThat(shed(first, one, 10, InboundBudget.STALLED_NANOS + 1)).isSameAs(other.bridge);
  }

  @Test
  void whatALoopHeldBeforeIsForgotten() {
    assertThat(shed(second, other, 900, 0)).isNull();
    assertThat(budget.shed(second, Sweep.Held.NOTHING, 1)).isNull();
    assertThat(shed(first, one, 300, InboundBudget.STALLED_NANOS + 1)).isSameAs(one.bridge);
  }

  /** Others like it may fill what the first has left: they go sooner. */
  @Test
  void thePatienceHalvesFromOneToTheNextAndIsBackOnceAllWasWellForAWhile() {
    long at = InboundBudget.STALLED_NANOS + 1;
    assertThat(shed(first, one, 900, 0)).isNull();
    assertThat(shed(first, one, 900, at)).isSameAs(one.bridge);
    at += InboundBudget.STALLED_NANOS / 2;
    assertThat(shed(first, one, 900, at)).isNull();
    assertThat(shed(first, one, 900, at + 1)).isSameAs(one.bridge);
    at += 1 + InboundBudget.STALLED_NANOS / 4 + 1;
    assertThat(shed(first, one, 900, at)).isSameAs(one.bridge);

    budget.release(LIMIT);
    at += 2 * InboundBudget.STALLED_NANOS + 1;
    assertThat(shed(first, one, 900, at)).isNull();
    budget.add(LIMIT);
    budget.dropped();
    assertThat(shed(first, one, 900, at)).isNull();
    at += InboundBudget.STALLED_NANOS;
    assertThat(shed(first, one, 900, at)).isNull();
    assertThat(shed(first, one, 900, at + 1)).isSameAs(one.bridge);
  }

  /** What fills it waits for sessions at work. */
  @Test
  void nobodyIsWhereThatWouldMakeNoRoom() {
    assertThat(shed(first, one, 10, 0)).isNull();
    assertThat(shed(first, one, 10, InboundBudget.STALLED_NANOS + 1)).isNull();
  }
}
