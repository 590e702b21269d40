// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a session is told of the high mark is true in the end, whoever crosses it beside whom. */
class MarkRaceTest {

  private static final int HIGH = Bench.LIMITS.highMark();

  /** Runs something once, between a look at what is queued and what follows from it. */
  private static final class Meanwhile implements Runnable {
    private Runnable what = () -> {};

    @Override
    public void run() {
      Runnable once = what;
      what = () -> {};
      once.run();
    }
  }

  private final Meanwhile meanwhile = new Meanwhile();

  @Test
  void whoGoesOverWhileTheLoopGoesBackIsNotTakenForBelow() {
    OutboundMarks marks =
        new OutboundMarks(new OutboundBudget(1 << 20), HIGH, 4 * HIGH) {
          @Override
          long queued() {
            long seen = super.queued();
            meanwhile.run();
            return seen;
          }
        };
    marks.pending(HIGH + 1);
    assertThat(marks.wentOver()).isTrue();
    marks.pending(0);
    meanwhile.what =
        () -> {
          marks.handOver(HIGH + 1);
          assertThat(marks.wentOver()).isFalse();
        };

    assertThat(marks.backBelow()).isFalse();

    assertThat(marks.belowMark()).isFalse();
    marks.arrived(HIGH + 1);
    assertThat(marks.backBelow()).isTrue();
    assertThat(marks.belowMark()).isTrue();
  }

  /** Neither of the two is over by itself, nor has to see the other one's at the moment. */
  @Test
  void whatTheLoopAndAnotherThreadWriteTogetherIsFoundToBeOver() throws Exception {
    Bench bench = Bench.open();
    RecordingSession session = bench.session();
    int most = HIGH * 4 / 5;
    bench.full = true;
    Duel.fight(
        session.heard::clear,
        () -> session.write(most),
        () -> bench.loop.elsewhere(() -> session.write(most)),
        () -> {
          bench.loop.runAll();
          assertThat(session.writer.isWritable(session.id)).isFalse();
          assertThat(session.heard).last().isEqualTo("writable false");
          bench.full = false;
          bench.bridge.takesMore();
          bench.take();
          bench.full = true;
          bench.bridge.passComplete();
          assertThat(session.writer.isWritable(session.id)).isTrue();
          assertThat(session.heard).last().isEqualTo("writable true");
        });
  }

  private DatagramOutput output(DatagramBench bench) {
    return new DatagramOutput(
        bench.endpoint(), bench.options(), new DatagramPass(bench.endpoint()), bench) {
      @Override
      long queued() {
        long seen = super.queued();
        meanwhile.run();
        return seen;
      }
    };
  }

  /** The kernel may have a datagram before its writer has looked at the mark. */
  @Test
  void aDatagramThatLeavesWhileItsWriterLooksAtTheMarkStopsNoSocket() {
    DatagramBench bench = new DatagramBench(1, this::output);
    RecordingSession session = bench.session(0);
    meanwhile.what =
        () ->
            bench
                .loop()
                .here(
                    () -> {
                      bench.loop().runAll();
                      bench.takeOne();
                    });

    bench.loop().elsewhere(() -> session.write(DatagramBench.SIZE));

    bench.loop().runAll();
    assertThat(session.writer.isWritable(session.id)).isTrue();
    assertThat(session.heard).endsWith("writable true");
    bench.finish();
  }

  /** The loop hears of room, and before it comes to tell of it that is gone. */
  @Test
  void roomThatAnotherHasTakenSinceIsToldToNobody() {
    DatagramBench bench = new DatagramBench(1);
    RecordingSession session = bench.session(0);
    session.heard.clear();
    DatagramOutput output = bench.output();
    bench
        .loop()
        .elsewhere(
            () -> {
              assertThat(output.reserve(DatagramBench.SIZE)).isTrue();
              output.reserved(bench.peer(0));
              output.takeBack(DatagramBench.SIZE);
              assertThat(output.reserve(DatagramBench.SIZE)).isTrue();
              output.reserved(bench.peer(0));
            });

    bench.loop().runAll();
    assertThat(session.heard).containsExactly("writable false");
    assertThat(session.writer.isWritable(session.id)).isFalse();

    output.takeBack(DatagramBench.SIZE);
    assertThat(session.heard).containsExactly("writable false", "writable true");
    assertThat(session.writer.isWritable(session.id)).isTrue();
    bench.finish();
  }
}
