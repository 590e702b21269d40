// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SpreadTest {

  @Test
  void oneFigureIsItsOwnSpread() {
    assertThat(Spread.of(List.of(3.0))).isEqualTo(new Spread(3, 3, 3, 3, 3));
  }

  @Test
  void orderDoesNotMatter() {
    assertThat(Spread.of(List.of(5.0, 1.0, 4.0, 2.0, 3.0))).isEqualTo(new Spread(1, 2, 3, 4, 5));
  }

  @Test
  void betweenTwoFiguresItIsInterpolated() {
    assertThat(Spread.of(List.of(2.0, 1.0))).isEqualTo(new Spread(1, 1.25, 1.5, 1.75, 2));
  }
}
