// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** How often an application's failures are told; that they are, is tried from the wire. */
class ApplicationFailuresTest {

  @Test
  void oneASecondIsToldAndHowManyWereNot() {
    ApplicationFailures.Pace pace = new ApplicationFailures.Pace();
    long begin = Long.MAX_VALUE - 500_000_000;
    assertThat(pace.take(begin)).isZero();
    assertThat(pace.take(begin)).isNegative();
    assertThat(pace.take(begin + 999_999_999)).isNegative();
    assertThat(pace.take(begin + 1_000_000_000)).isEqualTo(2);
    assertThat(pace.take(begin + 1_000_000_001)).isNegative();
    assertThat(pace.take(begin + 5_000_000_000L)).isEqualTo(1);
    assertThat(pace.take(begin + 6_000_000_000L)).isZero();
  }
}
