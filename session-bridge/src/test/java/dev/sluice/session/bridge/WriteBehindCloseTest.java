// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import org.junit.jupiter.api.Test;

/** What another thread has handed over goes first, also where that is the connection's end. */
class WriteBehindCloseTest {

  @Test
  void aWriteOnTheLoopBehindACloseThatWasHandedOverIsRefused() {
    Bench bench = Bench.open();
    RecordingSession session = bench.session();
    bench.loop.elsewhere(() -> session.writeTold("lost", 0));
    session.reaction =
        what -> {
          if (what.equals("lost true")) {
            session.writer.closeSocket(session.id);
            bench.bridge.outputEnded(true);
            bench.bridge.peerEnded();
            bench.finish();
          }
        };

    assertThat(session.writeTold("late", 1)).isFalse();

    bench.loop.runAll();
    assertThat(session.heard).containsExactly("lost true", "closed session_closed");
    assertThat(bench.connections.remains()).isEqualTo(Connections.Remains.NOTHING);
  }

  @Test
  void aDatagramOnTheLoopBehindACloseThatWasHandedOverIsRefused() {
    DatagramBench bench = new DatagramBench(1);
    RecordingSession session = bench.session(0);
    // Over the hard mark, so that what follows is lost and told so.
    for (int i = 0; i < 3; i++) {
      session.write(DatagramBench.SIZE);
    }
    bench.loop().elsewhere(() -> session.writeTold("lost", 1));
    session.reaction =
        what -> {
          if (what.equals("lost false")) {
            session.writer.abort(session.id, CloseReason.SESSION_ABORTED);
          }
        };

    assertThat(session.writeTold("late", 1)).isFalse();

    assertThat(session.heard).endsWith("lost false", "closed session_aborted");
    bench.finish();
  }
}
