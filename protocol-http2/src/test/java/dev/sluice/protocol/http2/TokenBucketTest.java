// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What may be had at once, and what comes back. */
class TokenBucketTest {

  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  private static final long BEGIN = Long.MAX_VALUE - SECOND;

  private final TokenBucket bucket = new TokenBucket(10, Duration.ofSeconds(10), BEGIN);

  private int takeAll(long now) {
    int taken = 0;
    while (bucket.take(now)) {
      taken++;
    }
    return taken;
  }

  @Test
  void afterALongRestThereIsNoMoreThanAtFirst() {
    assertThat(takeAll(BEGIN + 1000 * SECOND)).isEqualTo(10);
  }

  @Test
  void afterALongRestWithSomeTakenThereIsNoMoreEither() {
    assertThat(bucket.take(BEGIN)).isTrue();
    assertThat(takeAll(BEGIN + 1000 * SECOND)).isEqualTo(10);
  }

  @Test
  void eachComesBackInItsTime() {
    assertThat(takeAll(BEGIN)).isEqualTo(10);
    assertThat(bucket.take(BEGIN + SECOND - 1)).isFalse();
    assertThat(bucket.take(BEGIN + SECOND)).isTrue();
    assertThat(bucket.take(BEGIN + SECOND + SECOND / 2)).isFalse();
    assertThat(takeAll(BEGIN + 4 * SECOND)).isEqualTo(3);
  }

  @Test
  void whatIsGivenBackIsNoMoreThanThereWas() {
    assertThat(takeAll(BEGIN)).isEqualTo(10);
    bucket.giveBack(3);
    assertThat(takeAll(BEGIN)).isEqualTo(3);
    bucket.giveBack(300);
    assertThat(takeAll(BEGIN)).isEqualTo(10);
  }
}
