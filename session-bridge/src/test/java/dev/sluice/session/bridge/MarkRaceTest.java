// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What a session is told of the high mark is true in the end, whoever crosses it beside whom. */
class MarkRaceTest {

  private static final int HIGH = Bench.LIMITS.highMark();

  @Test
  void whoGoesOverWhileTheLoopGoesBackIsNotTakenForBelow() throws Exception {
    OutboundMarks marks = new OutboundMarks(new OutboundBudget(1 << 20), HIGH, 4 * HIGH);
    Duel.fight(
        () -> {
          marks.pending(HIGH + 1);
          marks.wentOver();
        },
        () -> {
          marks.pending(0);
          marks.backBelow();
        },
        () -> {
          marks.handOver(HIGH + 1);
          marks.wentOver();
        },
        () -> {
          assertThat(marks.belowMark()).isFalse();
          marks.arrived(HIGH + 1);
          marks.backBelow();
          assertThat(marks.belowMark()).isTrue();
        });
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

  /** The kernel may have a datagram before its writer looks at the mark. */
  @Test
  void aDatagramThatLeavesWhileItsWriterLooksAtTheMarkStopsNoSocket() throws Exception {
    DatagramBench bench = new DatagramBench(1);
    RecordingSession session = bench.session(0);
    DatagramOutput output = bench.output();
    Duel.fight(
        () -> {
          session.heard.clear();
          assertThat(output.reserve(DatagramBench.SIZE)).isTrue();
        },
        () -> output.takeBack(DatagramBench.SIZE),
        () -> bench.loop().elsewhere(() -> output.reserved(bench.peer(0))),
        () -> {
          bench.loop().runAll();
          assertThat(session.writer.isWritable(session.id)).isTrue();
          assertThat(told(session)).isTrue();
        });
    bench.finish();
  }

  /** What it was told last; at first it may write. */
  private static boolean told(RecordingSession session) {
    List<String> heard = session.heard;
    return heard.isEmpty() || heard.get(heard.size() - 1).equals("writable true");
  }
}
