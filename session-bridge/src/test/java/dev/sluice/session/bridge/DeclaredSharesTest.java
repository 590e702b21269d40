// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who ends where there is no room for more output that is kept. */
class DeclaredSharesTest {

  private static final long GB = 1L << 30;

  private final List<String> ended = new ArrayList<>();

  private long now = Duration.ofDays(1).toNanos();

  /** Of which half may be kept. */
  private final OutboundBudget budget = new OutboundBudget(8 * GB);

  private final InboundBudget input = new InboundBudget(GB);
  private final DeclaredShares asking = keeper("asking");

  private DeclaredShares keeper(String name) {
    return new DeclaredShares(budget, input, () -> now, () -> ended.add(name));
  }

  private DeclaredShares keeping(String name, long bytes) {
    DeclaredShares keeper = keeper(name);
    assertThat(keeper.keep(bytes)).isEqualTo(budget.roomToKeep());
    return keeper;
  }

  private void stands(DeclaredShares keeper) {
    now += Duration.ofSeconds(1).toNanos();
    assertThat(keeper.standing(now)).isGreaterThan((1L << 20) * 1_000_000);
  }

  @Test
  void theOneWithTheMostForTheLongestEndsAndNoMoreThanAreNeeded() {
    keeping("less", GB);
    DeclaredShares most = keeping("most", 2 * GB);
    keeping("some", GB);
    stands(most);
    assertThat(asking.makeRoom(GB)).isEqualTo(2 * GB);
    assertThat(ended).containsExactly("most");
    assertThat(budget.used()).isEqualTo(2 * GB);
    assertThat(asking.makeRoom(2 * GB)).isEqualTo(2 * GB);
    assertThat(ended).hasSize(1);
    assertThat(most.keep(GB)).as("its end counts it no longer").isEqualTo(2 * GB);
  }

  @Test
  void nobodyEndsForOneThatIsWorse() {
    DeclaredShares most = keeping("most", 3 * GB);
    DeclaredShares less = keeping("less", GB);
    stands(most);
    stands(less);
    assertThat(most.makeRoom(GB)).isZero();
    assertThat(ended).isEmpty();
  }

  @Test
  void littleStandsStillOnEveryNode() {
    OutboundBudget small = new OutboundBudget(2000);
    assertThat(new DeclaredShares(small, input, () -> now, () -> ended.add("little")).keep(1000))
        .isZero();
    assertThat(new DeclaredShares(small, input, () -> now, () -> ended.add("asking")).makeRoom(100))
        .isZero();
    assertThat(ended).isEmpty();
  }

  /** Most of it may be new: its time counts from when something left. */
  @Test
  void whatMovesDoesNotStandStill() {
    DeclaredShares moving = keeping("moving", 2 * GB);
    DeclaredShares still = keeping("still", 2 * GB);
    stands(still);
    assertThat(moving.keep(2 * GB - 1)).isEqualTo(1);
    assertThat(asking.makeRoom(GB)).isEqualTo(2 * GB + 1);
    assertThat(ended).containsExactly("still");
    assertThat(still.kept()).isZero();
  }
}
