// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonTest {

  /** One second in which 10,000 operations were done at this cost each. */
  private static Round round(long micros) {
    return new Round(10_000, 0, micros * 10_000, 50_000, 1_000_000_000, 1_500, 9_000_000);
  }

  /** The machine grew slower from round to round; the second server always paid a tenth more. */
  @Test
  void ratiosAreTakenWithinRounds() {
    Comparison comparison = new Comparison(Work.PLAIN_ECHO, List.of("first", "second"));
    for (long micros : new long[] {10, 20, 40}) {
      comparison.add(0, round(micros));
      comparison.add(1, round(micros + micros / 10));
    }
    assertThat(rows(comparison))
        .contains(
            "| first | 20.00 | 1.000 | 1.000..1.000 | 1.000..1.000 | 1.50 | 900 | 10000 | 20 % | 5 % |",
            "| second | 22.00 | 1.100 | 1.100..1.100 | 1.100..1.100 | 1.50 | 900 | 10000 | 22 % | 5 % |");
  }

  @Test
  void oneDisturbedRoundMovesTheEndsOnly() {
    Comparison comparison = new Comparison(Work.PLAIN_ECHO, List.of("first", "second"));
    for (long micros : new long[] {10, 10, 30, 10, 10}) {
      comparison.add(0, round(10));
      comparison.add(1, round(micros));
    }
    assertThat(rows(comparison))
        .contains(
            "| second | 10.00 | 1.000 | 1.000..1.000 | 1.000..3.000 | 1.50 | 900 | 10000 | 10 % | 5 % |");
  }

  private static List<String> rows(Comparison comparison) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    comparison.print(new PrintStream(out, true, StandardCharsets.UTF_8));
    return out.toString(StandardCharsets.UTF_8).lines().toList();
  }
}
