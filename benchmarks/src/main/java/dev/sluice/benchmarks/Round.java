// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

/** One server's share of a round: work done and lost, and what it cost the server's process. */
record Round(double units, long lost, long cpuMicros, long othersMicros, long nanos) {

  double costMicros() {
    return cpuMicros / units;
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
