// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What is counted by name, as others see it meanwhile. */
class CounterTableTest {

  private static final int ROUNDS = 2000;

  /** Whoever waits for a name would otherwise find it with nothing counted. */
  @Test
  void aNameIsShownOnceItHasBeenCounted() throws Exception {
    AtomicReference<CounterTable> next = new AtomicReference<>(new CounterTable());
    Thread counting =
        new Thread(
            () -> {
              for (int i = 0; i < ROUNDS; i++) {
                CounterTable table = new CounterTable();
                next.set(table);
                for (int name = 0; name < CounterTable.MAX_NAMES; name++) {
                  table.increment("name" + name);
                }
              }
            });
    counting.start();
    while (counting.isAlive()) {
      assertThat(next.get().snapshot().values()).allMatch(counted -> counted == 1);
    }
    counting.join();
    assertThat(next.get().snapshot()).hasSize(CounterTable.MAX_NAMES);
  }
}
