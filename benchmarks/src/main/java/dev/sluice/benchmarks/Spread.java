// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.util.List;

/** Median and spread of a few figures; no mean, since one disturbed round would move it. */
record Spread(double min, double lowerQuartile, double median, double upperQuartile, double max) {

  static Spread of(List<Double> figures) {
    double[] sorted = figures.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return new Spread(
        sorted[0], at(sorted, 0.25), at(sorted, 0.5), at(sorted, 0.75), sorted[sorted.length - 1]);
  }

  private static double at(double[] sorted, double share) {
    double place = share * (sorted.length - 1);
    int below = (int) place;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
  }
}
