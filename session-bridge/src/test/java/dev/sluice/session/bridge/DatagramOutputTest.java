// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class DatagramOutputTest {

  private static final int PEERS = 64;
  private static final int DATAGRAMS = 10_000;

  /** Two of them are no more than the mark. */
  private static final int SMALL = 300;

  @Test
  @Timeout(20)
  void peersThatGoOnWhenToldToAreNotToldWithoutEnd() {
    DatagramBench bench = new DatagramBench(PEERS);
    // One datagram is over the mark, and each peer writes one when it may.
    for (RecordingSession session : bench.sessions()) {
      session.reaction =
          what -> {
            if (what.equals("writable true")) {
              session.write(DatagramBench.SIZE);
            }
          };
    }
    bench.session(0).write(DatagramBench.SIZE);
    for (RecordingSession session : bench.sessions()) {
      assertThat(session.writer.isWritable(session.id)).isFalse();
    }
    bench.loop().runAll();

    bench.takeOne();

    assertThat(bench.waiting()).isEqualTo(1);
    for (int i = 0; i < 4 * PEERS; i++) {
      bench.takeOne();
    }
    bench.finish();
  }

  @Test
  @Timeout(20)
  void theLoopsOtherSocketsHaveTheirTurnHoweverMuchASocketHasToSend() {
    DatagramBench bench = new DatagramBench(1);
    bench.quick = true;
    RecordingSession session = bench.session(0);
    int[] written = new int[1];
    session.reaction =
        what -> {
          if (what.startsWith("sent") && written[0] < DATAGRAMS) {
            written[0]++;
            session.writeTold("sent", SMALL);
          }
        };
    session.writeTold("sent", SMALL);

    int looks = 0;
    int before = 0;
    do {
      bench.loop().runTurn();
      assertThat(written[0] - before).as("in one turn").isPositive().isLessThan(4_000);
      before = written[0];
      looks++;
    } while (bench.loop().waits());

    assertThat(written[0]).isEqualTo(DATAGRAMS);
    assertThat(looks).isGreaterThan(3);
    bench.finish();
  }
}
