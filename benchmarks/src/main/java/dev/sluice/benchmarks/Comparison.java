// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The rounds of one work and the table made of them. */
final class Comparison {

  private final Work work;
  private final List<String> names;
  private final List<List<Round>> rounds = new ArrayList<>();

  Comparison(Work work, List<String> names) {
    this.work = work;
    this.names = List.copyOf(names);
    names.forEach(name -> rounds.add(new ArrayList<>()));
  }

  void add(int server, Round round) {
    rounds.get(server).add(round);
  }

  /** Ratios are taken within a round, where both servers met the same disturbances. */
  private Spread ratio(int server) {
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < rounds.get(server).size(); i++) {
      ratios.add(rounds.get(server).get(i).costMicros() / rounds.get(0).get(i).costMicros());
    }
    return Spread.of(ratios);
  }

  void print(PrintStream out) {
    out.printf(
        "%n| %s | CPU µs per %s | ratio | quartiles | min..max | 99 %% ms | heap B per %s | %s/s | busy"
            + " | others |%n",
        work.label(), work.unit(), work.unit(), work.unit());
    out.println("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for (int i = 0; i < names.size(); i++) {
      List<Round> own = rounds.get(i);
      Spread ratio = ratio(i);
      out.printf(
          Locale.ROOT,
          "| %s | %s | %.3f | %.3f..%.3f | %.3f..%.3f | %s | %s | %.0f | %.0f %% | %.0f %% |%n",
          names.get(i),
          significant(Spread.of(own.stream().map(Round::costMicros).toList()).median()),
          ratio.median(),
          ratio.lowerQuartile(),
          ratio.upperQuartile(),
          ratio.min(),
          ratio.max(),
          known(Spread.of(own.stream().map(Round::slowMicros).toList()).median() / 1e3, "%.2f"),
          known(Spread.of(own.stream().map(Round::allocatedPerUnit).toList()).median(), "%.0f"),
          Spread.of(own.stream().map(Round::unitsPerSecond).toList()).median(),
          100 * Spread.of(own.stream().map(Round::busy).toList()).median(),
          100 * Spread.of(own.stream().map(Round::others).toList()).median());
    }
    if (work.datagrams()) {
      for (int i = 0; i < names.size(); i++) {
        long lost = rounds.get(i).stream().mapToLong(Round::lost).sum();
        double sent = lost + rounds.get(i).stream().mapToDouble(Round::units).sum();
        out.printf(Locale.ROOT, "lost: %s %d of %.0f%n", names.get(i), lost, sent);
      }
    }
    out.println();
  }

  private static String known(double value, String format) {
    return Double.isNaN(value) ? "–" : String.format(Locale.ROOT, format, value);
  }

  private static String significant(double value) {
    return String.format(Locale.ROOT, value < 100 ? "%.2f" : "%.0f", value);
  }
}
