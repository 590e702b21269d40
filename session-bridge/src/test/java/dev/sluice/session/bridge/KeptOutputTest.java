// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** Who ends where there is no room for more output that is kept. */
class KeptOutputTest {

  /** So much that it has stood still for long within a few milliseconds. */
  private static final long GB = 1L << 30;

  private final List<String> ended = new ArrayList<>();

  /** Of which half may be kept. */
  private final OutboundBudget budget = new OutboundBudget(8 * GB);

  private final KeptOutput asking = keeper("asking");

  private KeptOutput keeper(String name) {
    return new KeptOutput(budget, () -> ended.add(name));
  }

  private KeptOutput keeping(String name, long bytes) {
    KeptOutput keeper = keeper(name);
    assertThat(keeper.keep(bytes)).isEqualTo(budget.roomToKeep());
    return keeper;
  }

  private static void awaitStanding(KeptOutput keeper) {
    while (keeper.standing(System.nanoTime()) < 2 * (1L << 20) * 1_000_000) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  @Test
  void theOneWithTheMostForTheLongestEndsAndNoMoreThanAreNeeded() {
    keeping("less", GB);
    KeptOutput most = keeping("most", 2 * GB);
    keeping("some", GB);
    awaitStanding(most);
    assertThat(asking.makeRoom(GB)).isEqualTo(2 * GB);
    assertThat(ended).containsExactly("most");
    assertThat(budget.used()).isEqualTo(2 * GB);
    assertThat(asking.makeRoom(2 * GB)).isEqualTo(2 * GB);
    assertThat(ended).hasSize(1);
    assertThat(most.keep(GB)).as("its end counts it no longer").isEqualTo(2 * GB);
  }

  @Test
  void nobodyEndsForOneThatIsWorse() {
    KeptOutput most = keeping("most", 3 * GB);
    KeptOutput less = keeping("less", GB);
    awaitStanding(most);
    awaitStanding(less);
    assertThat(most.makeRoom(GB)).isZero();
    assertThat(ended).isEmpty();
  }

  @Test
  void littleStandsStillOnEveryNode() {
    OutboundBudget small = new OutboundBudget(2000);
    assertThat(new KeptOutput(small, () -> ended.add("little")).keep(1000)).isZero();
    assertThat(new KeptOutput(small, () -> ended.add("asking")).makeRoom(100)).isZero();
    assertThat(ended).isEmpty();
  }

  /** Most of it may be new: its time counts from when something left. */
  @Test
  void whatMovesDoesNotStandStill() {
    KeptOutput moving = keeping("moving", 2 * GB);
    KeptOutput still = keeping("still", 2 * GB);
    awaitStanding(still);
    assertThat(moving.keep(2 * GB - 1)).isEqualTo(1);
    assertThat(asking.makeRoom(GB)).isEqualTo(2 * GB + 1);
    assertThat(ended).containsExactly("still");
    assertThat(still.bytes()).isZero();
  }
}
