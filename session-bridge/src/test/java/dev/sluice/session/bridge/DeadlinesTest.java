// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DeadlinesTest {

  private static final long BEGUN = seconds(1000);

  private static long seconds(long seconds) {
    return TimeUnit.SECONDS.toNanos(seconds);
  }

  /** Idle 60, handshake 10, slow consumer 30, linger 5, request 120 seconds. */
  private final Deadlines deadlines = new Deadlines(Bench.LIMITS, Duration.ofMinutes(2), BEGUN);

  /** What the session allows while it is at work. */
  private long silence;

  /** What the session wants for itself. */
  private long idle;

  private Ending served(long at, boolean active, boolean fine, boolean busy) {
    return deadlines.ofService(BEGUN + seconds(at), active, fine, busy, silence, idle);
  }

  private Ending flushed(long at, boolean progressed) {
    return deadlines.ofFlush(BEGUN + seconds(at), "flushing", progressed);
  }

  @Test
  void theHandshakeCountsFromTheBegin() {
    assertThat(deadlines.ofHandshake(BEGUN + seconds(10) - 1)).isNull();
    assertThat(deadlines.ofHandshake(BEGUN + seconds(10))).isEqualTo(Ending.HANDSHAKE);
  }

  @Test
  void whereIdlingIsAllowedForLessTheHandshakeHasThat() {
    EndpointOptions.Limits all = Bench.LIMITS;
    EndpointOptions.Limits impatient =
        new EndpointOptions.Limits(
            Duration.ofSeconds(3),
            all.handshakeTimeout(),
            all.slowConsumerTimeout(),
            all.highMark(),
            all.hardMark(),
            all.lingerTimeout());

    assertThat(new Deadlines(impatient, Duration.ZERO, BEGUN).ofHandshake(BEGUN + seconds(3)))
        .isEqualTo(Ending.IDLE_HANDSHAKE);
  }

  @Test
  void idleCountsFromTheTickThatSawBytesLast() {
    assertThat(served(50, true, true, false)).isNull();
    assertThat(served(109, false, true, false)).isNull();
    assertThat(served(110, false, true, false)).isEqualTo(Ending.IDLE);
  }

  @Test
  void aSessionMayHaveAnIdleTimeoutOfItsOwn() {
    idle = seconds(100);
    assertThat(served(10, true, true, false)).isNull();
    assertThat(served(109, false, true, false)).isNull();
    assertThat(served(110, false, true, false)).isEqualTo(Ending.IDLE);
    idle = seconds(5);
    assertThat(served(200, true, true, false)).isNull();
    assertThat(served(204, false, true, false)).isNull();
    assertThat(served(205, false, true, false)).isEqualTo(Ending.IDLE);
  }

  @Test
  void anIdleTimeoutThatIsLessThanTheSilenceOfAnAnswerWaitsForTheAnswer() {
    idle = seconds(5);
    assertThat(served(10, true, true, false)).isNull();
    assertThat(served(100, false, true, true)).isNull();
  }

  @Test
  void aSessionAtWorkIsNotIdleForTheRequestTimeout() {
    assertThat(served(10, false, true, false)).isNull();
    assertThat(served(129, false, true, true)).isNull();
    assertThat(served(130, false, true, true)).isEqualTo(Ending.IDLE);
  }

  @Test
  void aSessionAtWorkMayBeSilentForAsLongAsItSays() {
    silence = seconds(1000);
    assertThat(served(10, true, true, false)).isNull();
    assertThat(served(1009, false, true, true)).isNull();
    assertThat(served(1010, false, true, true)).isEqualTo(Ending.IDLE);
  }

  @Test
  void whatASessionAllowsIsForItsWorkAlone() {
    silence = seconds(1000);
    assertThat(served(10, true, true, true)).isNull();
    assertThat(served(70, false, true, false)).as("given, not taken yet").isNull();
    assertThat(served(71, false, true, false)).isEqualTo(Ending.IDLE);
  }

  @Test
  void anAnswerThatHasJustBeenGivenMayStillLeave() {
    assertThat(served(50, true, true, false)).isNull();
    assertThat(served(109, false, true, true)).isNull();
    assertThat(served(150, false, true, true)).isNull();
    assertThat(served(151, false, true, false)).as("given, not taken yet").isNull();
    assertThat(served(152, true, true, false)).as("taken").isNull();
    assertThat(served(212, false, true, false)).isEqualTo(Ending.IDLE);
  }

  @Test
  void anAnswerThatDoesNotLeaveKeepsNobody() {
    assertThat(served(50, true, true, false)).isNull();
    assertThat(served(150, false, true, true)).isNull();
    assertThat(served(151, false, true, false)).isNull();
    assertThat(served(152, false, true, false)).isEqualTo(Ending.IDLE);
  }

  @Test
  void restingBeginsTheRequestTimeoutAnew() {
    assertThat(served(100, true, true, true)).isNull();
    assertThat(served(101, true, true, false)).isNull();
    assertThat(served(220, false, true, true)).isNull();
    assertThat(served(221, false, true, true)).isEqualTo(Ending.IDLE);
  }

  @Test
  void aConsumerIsSlowWhileOutputNeitherMovesNorIsLittle() {
    assertThat(served(20, true, true, false)).isNull();
    assertThat(served(49, true, false, true)).isNull();
    assertThat(served(50, true, false, true)).isEqualTo(Ending.NO_PROGRESS);
  }

  @Test
  void aFlushBeginsAtTheTickThatSeesItAndAnewWithEachProgress() {
    assertThat(flushed(500, false)).isNull();
    assertThat(flushed(529, true)).isNull();
    assertThat(flushed(558, false)).isNull();
    assertThat(flushed(559, false)).isEqualTo(Ending.NO_PROGRESS);
  }

  @Test
  void lingeringIsMeasuredInAllAndAnewInAnotherState() {
    assertThat(deadlines.lingeredOut(BEGUN + seconds(100), "parting")).isFalse();
    assertThat(deadlines.lingeredOut(BEGUN + seconds(104), "parting")).isFalse();
    assertThat(deadlines.lingeredOut(BEGUN + seconds(105), "parting")).isTrue();
    assertThat(deadlines.lingeredOut(BEGUN + seconds(105), "lingering")).isFalse();
    assertThat(deadlines.lingeredOut(BEGUN + seconds(110), "lingering")).isTrue();
  }
}
