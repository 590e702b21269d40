// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class DatagramOutputTest {

  private static final int PEERS = 64;

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
}
