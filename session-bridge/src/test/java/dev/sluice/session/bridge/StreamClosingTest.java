// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.session.bridge.StreamClosing.State;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The table of {@link StreamClosing}, row by row. */
class StreamClosingTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  @Test
  void handshakingLeadsToOpen() {
    Bench bench = new Bench();
    assertThat(bench.state()).isEqualTo(State.HANDSHAKING);

    bench.bridge.established(null);

    assertThat(bench.state()).isEqualTo(State.OPEN);
  }

  @Test
  void aHandshakeThatTakesTooLongIsClosed() {
    Bench bench = new Bench(true);
    bench.tick(Bench.LIMITS.handshakeTimeout().minus(SECOND));
    assertThat(bench.state()).isEqualTo(State.HANDSHAKING);

    bench.tick(SECOND);

    assertThat(bench.state()).isEqualTo(State.CLOSED);
    assertThat(bench.effects).containsExactly("close");
    assertThat(bench.bridge.ending()).isEqualTo(Ending.HANDSHAKE);
  }

  @Test
  void aCloseDuringTheHandshakeWaitsForNobody() {
    Bench bench = new Bench(true);

    bench.bridge.close(Ending.DRAINED);

    assertThat(bench.effects).containsExactly("close");
  }

  @Test
  void openThatIdlesPartsWithoutWaitingForTheAnswer() {
    Bench bench = Bench.open();
    bench.tick(Bench.LIMITS.idleTimeout().minus(SECOND));
    assertThat(bench.state()).isEqualTo(State.OPEN);

    bench.tick(SECOND);

    assertThat(bench.state()).isEqualTo(State.PARTING);
    assertThat(bench.effects).containsExactly("endOutput");
    assertThat(bench.bridge.ending()).isEqualTo(Ending.IDLE);

    bench.bridge.outputEnded(true);
    assertThat(bench.state()).isEqualTo(State.CLOSED);
    assertThat(bench.effects).containsExactly("endOutput", "close");
  }

  @Test
  void partingEndsAtTheLingerTimeout() {
    Bench bench = Bench.open();
    bench.tick(Bench.LIMITS.idleTimeout());
    bench.tick(SECOND);
    bench.tick(Bench.LIMITS.lingerTimeout().minus(SECOND));
    assertThat(bench.state()).isEqualTo(State.PARTING);

    bench.tick(SECOND);

    assertThat(bench.effects).containsExactly("endOutput", "close");
  }

  @Test
  void aSlowConsumerIsReset() {
    Bench bench = Bench.open();
    bench.session().write(1001);
    bench.tick(SECOND);
    bench.tick(Bench.LIMITS.slowConsumerTimeout());

    assertThat(bench.state()).isEqualTo(State.CLOSED);
    assertThat(bench.effects).containsExactly("abort");
    assertThat(bench.bridge.ending()).isEqualTo(Ending.NO_PROGRESS);
  }

  @Test
  void flushingWaitsForTheKernelThenEndsOurSideThenLingers() {
    Bench bench = Bench.open();
    bench.session().write(10);
    bench.session().writer.closeSocket(bench.session().id);
    assertThat(bench.state()).isEqualTo(State.FLUSHING);
    assertThat(bench.effects).isEmpty();

    bench.take();
    assertThat(bench.state()).isEqualTo(State.ENDING);
    assertThat(bench.effects).containsExactly("endOutput");

    bench.bridge.outputEnded(true);
    assertThat(bench.state()).isEqualTo(State.LINGERING);

    bench.bridge.peerEnded();
    assertThat(bench.state()).isEqualTo(State.CLOSED);
    assertThat(bench.effects).containsExactly("endOutput", "close");
  }

  @Test
  void flushingIsCutShortWhereNothingIsTakenWhateverComesIn() {
    Bench bench = Bench.open();
    bench.session().write(10);
    bench.bridge.close(Ending.DRAINED);
    bench.tick(SECOND);
    for (int i = 1; i < Bench.LIMITS.slowConsumerTimeout().toSeconds(); i++) {
      bench.receive("more");
      bench.tick(SECOND);
      assertThat(bench.state()).isEqualTo(State.FLUSHING);
    }

    bench.tick(SECOND);

    assertThat(bench.effects).containsExactly("abort");
    assertThat(bench.bridge.ending()).isEqualTo(Ending.DRAINED);
    assertThat(bench.bridge.cause().cutShort()).isEqualTo(Ending.NO_PROGRESS.limit());
  }

  @Test
  void endingHasTheDeadlineOfFlushing() {
    Bench bench = Bench.open();
    bench.bridge.close(Ending.DRAINED);
    assertThat(bench.state()).isEqualTo(State.ENDING);
    bench.tick(SECOND);

    bench.tick(Bench.LIMITS.slowConsumerTimeout());

    assertThat(bench.effects).containsExactly("endOutput", "abort");
  }

  @Test
  void anEndThatFailsCloses() {
    Bench bench = Bench.open();
    bench.bridge.close(Ending.DRAINED);

    bench.bridge.outputEnded(false);

    assertThat(bench.effects).containsExactly("endOutput", "close");
  }

  @Test
  void wherePeerHasEndedBeforeNobodyLingers() {
    Bench bench = Bench.open();
    bench.bridge.peerEnded();
    bench.bridge.close(Ending.DRAINED);

    bench.bridge.outputEnded(true);

    assertThat(bench.effects).containsExactly("endOutput", "close");
  }

  @Test
  void lingeringEndsInAllAtItsTimeoutWhateverComesIn() {
    Bench bench = Bench.open();
    bench.bridge.close(Ending.DRAINED);
    bench.bridge.outputEnded(true);
    bench.tick(SECOND);
    for (int i = 1; i < Bench.LIMITS.lingerTimeout().toSeconds(); i++) {
      bench.receive("more");
      bench.tick(SECOND);
      assertThat(bench.state()).isEqualTo(State.LINGERING);
    }

    bench.tick(SECOND);

    assertThat(bench.effects).containsExactly("endOutput", "close");
  }

  @Test
  void onlySoMuchIsThrownAway() {
    Bench bench = Bench.open();
    bench.bridge.close(Ending.DRAINED);
    bench.bridge.outputEnded(true);
    bench.bridge.discarded((int) StreamClosing.MOST_DISCARDED);
    assertThat(bench.state()).isEqualTo(State.LINGERING);

    bench.bridge.received(Unpooled.buffer(1).writeZero(1));

    assertThat(bench.state()).isEqualTo(State.CLOSED);
    assertThat(bench.effects).containsExactly("endOutput", "close");
  }

  @Test
  void whatIsToBeSentDoesNotSufferForWhatIsThrownAway() {
    Bench bench = Bench.open();
    bench.bridge.close(Ending.DRAINED);
    bench.bridge.discarded((int) StreamClosing.MOST_DISCARDED + 1);
    assertThat(bench.state()).isEqualTo(State.ENDING);

    bench.bridge.outputEnded(true);

    assertThat(bench.state()).isEqualTo(State.CLOSED);
    assertThat(bench.effects).last().isEqualTo("close");
  }

  @Test
  void anAlertEndsOurSideBehindItself() {
    Bench bench = new Bench(true);
    bench.bridge.failedTls("tls_handshake", Ending.of(CloseReason.TLS_ERROR));

    bench.bridge.alertWritten();
    assertThat(bench.state()).isEqualTo(State.ENDING);

    bench.bridge.outputEnded(true);
    assertThat(bench.state()).isEqualTo(State.LINGERING);
  }

  @Test
  void anAbortLeadsFromEveryStateToClosedOnce() {
    Bench bench = Bench.open();
    bench.session().write(10);
    bench.bridge.close(Ending.DRAINED);
    bench.bridge.abort(Ending.IDLE);
    bench.bridge.abort(Ending.IDLE);
    bench.bridge.failed(Ending.PEER_RESET, true);

    assertThat(bench.state()).isEqualTo(State.CLOSED);
    assertThat(bench.effects).containsExactly("abort");
    assertThat(bench.bridge.ending()).isEqualTo(Ending.DRAINED);

    bench.tick(Duration.ofHours(1));
    bench.finish();
    assertThat(bench.effects).containsExactly("abort");
    assertThat(bench.session().heard).containsExactly("closed drained");
    assertThat(bench.connections.remains()).isEqualTo(Connections.Remains.NOTHING);
  }

  @Test
  void shutdownOutputEndsOurSideBehindWhatWasWrittenAndReadsOn() {
    Bench bench = Bench.open();
    bench.session().write(10);

    assertThat(bench.session().writer.shutdownOutput(bench.session().id)).isTrue();
    assertThat(bench.effects).isEmpty();
    assertThat(bench.session().write(1)).isFalse();
    bench.take();
    assertThat(bench.effects).containsExactly("endOutput");

    bench.receive("still");
    assertThat(bench.session().heard).containsExactly("data still");
  }

  @Test
  void aLoopThatStopsIsTheNodesDoing() {
    Bench bench = Bench.open();
    bench.loop.stopping = true;

    bench.finish();

    assertThat(bench.session().heard).containsExactly("closed internal_error");
    assertThat(bench.bridge.ending().by()).isEqualTo(ClosedBy.NODE);
  }

  @Test
  void aLoopThatStopsTakesNothingFromWhoEndedBefore() {
    Bench ended = Bench.open();
    ended.bridge.peerEnded();
    Bench reset = Bench.open();
    reset.bridge.failed(Ending.PEER_RESET, true);
    Bench closed = Bench.open();
    closed.bridge.close(Ending.DRAINED);
    for (Bench bench : List.of(ended, reset, closed)) {
      bench.loop.stopping = true;
      bench.finish();
    }

    assertThat(ended.bridge.ending()).isEqualTo(Ending.PEER_CLOSED);
    assertThat(reset.bridge.ending()).isEqualTo(Ending.PEER_RESET);
    assertThat(closed.bridge.ending()).isEqualTo(Ending.DRAINED);
  }
}
