// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

/**
 * One server's share of a round: work done and lost, and what it cost the server's process.
 *
 * @param units what the cost is divided by
 * @param lost datagrams that did not come back
 * @param cpuMicros of the server's process
 * @param othersMicros of everything else on its core
 * @param nanos how long it took
 * @param slowMicros what 99 of 100 operations took at most; {@link Double#NaN} where nobody knows
 * @param allocated bytes on the server's heap; {@link Double#NaN} where nobody knows
 */
record Round(
    double units,
    long lost,
    long cpuMicros,
    long othersMicros,
    long nanos,
    double slowMicros,
    double allocated) {

  double costMicros() {
    return cpuMicros / units;
  }

  double allocatedPerUnit() {
    return allocated / units;
  }

  double unitsPerSecond() {
    return units * 1e9 / nanos;
  }

  /**
   * The part of the time in which the server computed; near 1 it, not the client, was the limit.
   */
  double busy() {
    return cpuMicros * 1e3 / nanos;
  }

  /** The part of the time in which something else had the server's core: how disturbed it was. */
  double others() {
    return othersMicros * 1e3 / nanos;
  }
}
