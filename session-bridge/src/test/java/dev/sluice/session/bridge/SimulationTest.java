// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Plays the life of a node's connections under many seeds. {@code -Dsluice.seed=N} plays one alone
 * and says what happened; {@code -Dsluice.seeds=N} and {@code -Dsluice.seed.from=K} choose others.
 */
class SimulationTest {

  private static final int SEEDS = 20_000;
  private static final int LINES = 80;
  private static final long SHRINK_NANOS = TimeUnit.SECONDS.toNanos(10);

  @Test
  void connectionsKeepTheirPromisesWhateverHappens() {
    Long one = Long.getLong("sluice.seed");
    long from = one != null ? one : Long.getLong("sluice.seed.from", 1);
    long seeds = one != null ? 1 : Long.getLong("sluice.seeds", SEEDS);
    long begun = System.nanoTime();
    for (long seed = from; seed < from + seeds; seed++) {
      // For the thread dump, should it hang.
      Thread.currentThread().setName("seed " + seed);
      Choices choices = new Choices(seed);
      String failure = new Simulation(choices, false).run();
      if (failure != null) {
        fail(report(seed, failure, choices.made()));
      }
    }
    System.out.printf("%d seeds in %d ms%n", seeds, (System.nanoTime() - begun) / 1_000_000);
  }

  @Test
  void aSeedPlaysTheSameAgain() {
    Choices choices = new Choices(7);
    Simulation first = new Simulation(choices, true);
    String failure = first.run();

    Simulation again = play(choices.made(), true);

    assertThat(again.failure()).isEqualTo(failure);
    assertThat(again.traced()).isNotEmpty().isEqualTo(first.traced());
  }

  private static String report(long seed, String failure, int[] choices) {
    int[] fewer =
        new Shrinker(some -> kind(failure).equals(kind(play(some, false).failure())), SHRINK_NANOS)
            .shrink(choices);
    List<String> whole = play(choices, true).traced();
    List<String> shrunken = play(fewer, true).traced();
    return "seed "
        + seed
        + ": "
        + failure
        + "\nThe last steps of "
        + choices.length
        + " choices:\n"
        + last(whole)
        + "\nCut down to "
        + fewer.length
        + ":\n"
        + last(shrunken);
  }

  /** Without the numbers, which change as it is cut down. */
  private static String kind(String failure) {
    return failure == null ? "" : failure.replaceAll("(tcp|tls|udp)|[-\\d]+|true|false", "");
  }

  private static Simulation play(int[] choices, boolean tracing) {
    Simulation simulation = new Simulation(new Choices(choices), tracing);
    simulation.run();
    return simulation;
  }

  private static String last(List<String> lines) {
    return String.join("\n", lines.subList(Math.max(0, lines.size() - LINES), lines.size()));
  }
}
