// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Loads all servers in turns until their cost has stopped falling. On one core the JIT shares the
 * core with the work and takes 12 to 30 seconds; measured earlier, the figures are the compiler's.
 */
final class WarmUp {

  private static final double ROUND_SECONDS = 3;

  /** A fall smaller than this, against the two rounds before, is noise. */
  private static final double STILL_FALLING = 0.98;

  private final double atLeastSeconds;
  private final double atMostSeconds;

  WarmUp(double atLeastSeconds, double atMostSeconds) {
    this.atLeastSeconds = atLeastSeconds;
    this.atMostSeconds = Math.max(atLeastSeconds, atMostSeconds);
  }

  /** Returns the seconds that each server was under load. */
  double run(LoadDriver client, List<Server> servers) throws IOException, InterruptedException {
    List<List<Double>> costs = new ArrayList<>();
    servers.forEach(server -> costs.add(new ArrayList<>()));
    double seconds = 0;
    while (seconds < atLeastSeconds
        || (seconds < atMostSeconds && costs.stream().anyMatch(WarmUp::stillFalling))) {
      double length = Math.min(ROUND_SECONDS, atMostSeconds - seconds);
      for (int i = 0; i < servers.size(); i++) {
        costs.get(i).add(client.round(servers.get(i), length).costMicros());
      }
      seconds += length;
    }
    return seconds;
  }

  private static boolean stillFalling(List<Double> costs) {
    int rounds = costs.size();
    return rounds < 3
        || costs.get(rounds - 1)
            < STILL_FALLING * (costs.get(rounds - 2) + costs.get(rounds - 3)) / 2;
  }
}
