// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
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

  @Test
  void eachKindHasItsOwnPaceAndThereAreFewKinds() {
    ApplicationFailures.Paces paces = new ApplicationFailures.Paces();
    ApplicationFailures.Pace threw = paces.of("threw", new IllegalStateException());
    assertThat(paces.of("threw", new IllegalStateException("another"))).isSameAs(threw);
    assertThat(paces.of("threw", new IllegalArgumentException())).isNotSameAs(threw);
    assertThat(paces.of("wrote more", null)).isNotSameAs(threw);
    Set<ApplicationFailures.Pace> all = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      all.add(paces.of("kind " + i, null));
    }
    assertThat(all).hasSizeLessThan(20);
    assertThat(paces.of("threw", new IllegalStateException())).isSameAs(threw);
  }
}
