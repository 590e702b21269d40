// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.Arrays;

/**
 * All that is left to chance in a run of the {@link Simulation}: each decision is a number below a
 * bound, drawn from a seed and written down. A run can be played again from what was written, also
 * when some of it was cut out. 0 is always the dullest choice.
 */
final class Choices {

  private final int[] given;
  private long state;
  private int[] made = new int[512];
  private int size;

  /** Drawn from a seed. */
  Choices(long seed) {
    this.given = null;
    // Seeds that follow each other must not begin alike.
    this.state = mix(seed + 0x9E3779B97F4A7C15L);
  }

  /** Played again; behind the last one all are 0. */
  Choices(int[] given) {
    this.given = given;
  }

  /** From 0 to the bound, which is not among them. */
  int below(int bound) {
    int value;
    if (given == null) {
      state += 0x9E3779B97F4A7C15L;
      value = (int) ((mix(state) >>> 33) % bound);
    } else {
      value = size < given.length ? given[size] % bound : 0;
    }
    if (size == made.length) {
      made = Arrays.copyOf(made, 2 * size);
    }
    made[size++] = value;
    return value;
  }

  /** Inclusive. */
  int between(int least, int most) {
    return least + below(most - least + 1);
  }

  boolean oneIn(int n) {
    return below(n) == n - 1;
  }

  int[] made() {
    return Arrays.copyOf(made, size);
  }

  private static long mix(long z) {
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
