// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PoolOrderTest {

  private final ArrayDeque<Runnable> pool = new ArrayDeque<>();
  private final List<Object> ran = new ArrayList<>();
  private final ListeningOwner owner = new ListeningOwner();
  private final PoolOrder order = order(pool::add);

  private PoolOrder order(Executor executor) {
    return new PoolOrder(executor, getClass().getClassLoader(), owner);
  }

  @Test
  void whoeverFindsItAtRestHandsItToThePoolOnce() {
    order.execute(() -> ran.add(1));
    order.execute(() -> ran.add(2));
    assertThat(pool).hasSize(1);
    assertThat(order.busy()).isTrue();

    pool.remove().run();

    assertThat(ran).containsExactly(1, 2);
    assertThat(order.busy()).isFalse();
    assertThat(pool).isEmpty();

    order.execute(() -> ran.add(3));
    assertThat(pool).hasSize(1);
  }

  @Test
  void whatACallBringsAboutGoesBehindWhatWaits() {
    order.execute(
        () -> {
          order.execute(() -> ran.add(3));
          ran.add(1);
        });
    order.execute(() -> ran.add(2));

    pool.remove().run();

    assertThat(ran).containsExactly(1, 2, 3);
    assertThat(pool).isEmpty();
  }

  @Test
  void aTurnIsBoundedAndTheNextOneGoesOnInOrder() {
    int calls = 150;
    IntStream.range(0, calls).forEach(i -> order.execute(() -> ran.add(i)));
    int turns = 0;
    while (!pool.isEmpty()) {
      pool.remove().run();
      turns++;
      assertThat(ran).hasSizeLessThanOrEqualTo(64 * turns);
    }

    assertThat(turns).isEqualTo(3);
    assertThat(ran).containsExactlyElementsOf(IntStream.range(0, calls).boxed().toList());
    assertThat(order.busy()).isFalse();
  }

  @Test
  void aCallThatThrowsKeepsNobodyBack() {
    Error thrown = new AssertionError("1");
    order.execute(
        () -> {
          throw thrown;
        });
    order.execute(() -> ran.add(2));

    pool.remove().run();

    assertThat(owner.failures).containsExactly(thrown);
    assertThat(ran).containsExactly(2);
  }

  @Test
  void behindTheEndWhatWasAcceptedRunsAndNothingElseIs() {
    order.execute(order::end);
    assertThat(order.execute(() -> ran.add(1))).isTrue();

    pool.remove().run();

    assertThat(ran).containsExactly(1);
    assertThat(order.execute(() -> ran.add(2))).isFalse();
    assertThat(pool).isEmpty();
  }

  @Test
  void aPoolThatHasEndedLeavesTheCallsToTheCaller() {
    PoolOrder last =
        order(
            task -> {
              throw new RejectedExecutionException("ended");
            });

    IntStream.range(0, 100).forEach(i -> last.execute(() -> ran.add(i)));

    assertThat(ran).hasSize(100);
    assertThat(last.busy()).isFalse();
  }
}
