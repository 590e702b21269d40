// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LoopOrderTest {

  private final ManualLoop loop = new ManualLoop();
  private final List<Object> ran = new ArrayList<>();
  private final ListeningOwner owner = new ListeningOwner();
  private final LoopOrder order = new LoopOrder(loop, getClass().getClassLoader(), owner);

  @Test
  void aLoopThatHasEndedLeavesTheCallsToTheCaller() {
    loop.ended = true;
    Error thrown = new AssertionError("as the test wants");
    loop.elsewhere(
        () -> {
          order.execute(
              () -> {
                order.execute(() -> ran.add(2));
                ran.add(1);
                throw thrown;
              });
          order.execute(() -> ran.add(getClass().getClassLoader()));
        });

    assertThat(ran).containsExactly(1, 2, getClass().getClassLoader());
    assertThat(owner.failures).containsExactly(thrown);
  }

  /** There is no loop any more that they would all come to. */
  @Test
  void ofSeveralThreadsBehindTheLoopsEndOneMakesTheCallsOfAll() throws Exception {
    loop.ended = true;
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger runs = new AtomicInteger();
    AtomicInteger together = new AtomicInteger();
    Runnable call =
        () -> {
          if (inside.incrementAndGet() > 1) {
            together.incrementAndGet();
          }
          runs.incrementAndGet();
          inside.decrementAndGet();
        };
    Runnable calls =
        () ->
            loop.elsewhere(
                () -> {
                  for (int i = 0; i < 10; i++) {
                    order.execute(call);
                  }
                });
    Duel.fight(
        () -> runs.set(0),
        calls,
        calls,
        () -> {
          assertThat(together).hasValue(0);
          assertThat(runs).hasValue(20);
        });
    assertThat(owner.failures).isEmpty();
  }
}
