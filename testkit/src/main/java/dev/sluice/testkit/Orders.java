// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntUnaryOperator;

/**
 * Choices, made otherwise at each turn until every way of making them has had its turn; where there
 * are too many ways, the rest of the turns choose by chance. The same for the same seed.
 */
final class Orders implements IntUnaryOperator {

  private final int most;
  private final Random random;
  private final List<Integer> chosen = new ArrayList<>();
  private final List<Integer> possible = new ArrayList<>();
  private int turn;
  private int next;

  Orders(int most, long seed) {
    this.most = most;
    this.random = new Random(seed);
  }

  /** How many turns are tried before chance has to choose. */
  private int systematic() {
    return most / 2;
  }

  /** Whether there is another way; before the first as well. */
  boolean another() {
    next = 0;
    if (turn++ == 0) {
      return true;
    }
    if (turn > systematic()) {
      return turn <= most;
    }
    while (!chosen.isEmpty()) {
      int last = chosen.size() - 1;
      if (chosen.get(last) + 1 < possible.get(last)) {
        chosen.set(last, chosen.get(last) + 1);
        return true;
      }
      chosen.remove(last);
      possible.remove(last);
    }
    return false;
  }

  /** One of as many as the given number. */
  @Override
  public int applyAsInt(int of) {
    if (turn > systematic()) {
      return random.nextInt(of);
    }
    if (next == chosen.size()) {
      chosen.add(0);
      possible.add(of);
    }
    return chosen.get(next++);
  }
}
