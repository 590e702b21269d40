// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.Arrays;
import java.util.function.Predicate;

/** Cuts the choices of a failing run down, as long as what is left still fails. */
final class Shrinker {

  private final Predicate<int[]> fails;
  private final long deadline;

  Shrinker(Predicate<int[]> fails, long forNanos) {
    this.fails = fails;
    this.deadline = System.nanoTime() + forNanos;
  }

  /** Of the choices of a run that fails: fewer, or duller ones. */
  int[] shrink(int[] choices) {
    int[] best = choices;
    int size;
    do {
      size = best.length;
      for (int length = Math.max(1, best.length / 2); length > 0 && inTime(); length /= 2) {
        best = cut(best, length);
      }
      for (int length = 32; length > 0 && inTime(); length /= 4) {
        best = dull(best, length);
      }
    } while (best.length < size && inTime());
    return best;
  }

  private int[] cut(int[] best, int length) {
    for (int from = best.length - length; from >= 0 && inTime(); from -= length) {
      int[] shorter = new int[best.length - length];
      System.arraycopy(best, 0, shorter, 0, from);
      System.arraycopy(best, from + length, shorter, from, shorter.length - from);
      if (fails.test(shorter)) {
        best = shorter;
        from = Math.min(from, best.length);
      }
    }
    return best;
  }

  private int[] dull(int[] best, int length) {
    for (int from = 0; from + length <= best.length && inTime(); from += length) {
      int[] duller = best.clone();
      Arrays.fill(duller, from, from + length, 0);
      if (!Arrays.equals(duller, best) && fails.test(duller)) {
        best = duller;
      }
    }
    return best;
  }

  private boolean inTime() {
    return System.nanoTime() < deadline;
  }
}
