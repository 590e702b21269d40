// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Datagrams on their way to a session. */
class DatagramInputTest {

  /** More than its order runs at one go. */
  private static final int MANY = 1000;

  @Test
  void theEndOfAPassIsToldAlsoWhereTheSessionHasLeftItselfMuchToDo() {
    DatagramBench bench = new DatagramBench(1);
    RecordingSession session = bench.session(0);
    session.heard.clear();
    session.passes = 0;
    int[] ran = new int[1];
    session.reaction =
        what -> {
          assertThat(session.passes).isZero();
          for (int i = 0; i < MANY; i++) {
            session.writer.context(session.id).execute(() -> ran[0]++);
          }
        };

    bench.receive(0);
    bench.loop().runAll();

    assertThat(ran[0]).isEqualTo(MANY);
    assertThat(session.heard).hasSize(1);
    assertThat(session.passes).isEqualTo(1);
    bench.finish();
  }

  @Test
  void aDatagramThatThereIsNoMemoryForIsLostAndNothingElse() {
    DatagramBench bench = new DatagramBench(1);
    RecordingSession session = bench.session(0);
    int before = session.heard.size();

    bench.outOfMemory = true;
    bench.receive(0);
    bench.outOfMemory = false;
    assertThat(session.heard).hasSize(before);
    assertThat(bench.endpoint().metrics().snapshot().errors())
        .containsEntry(EndpointMetrics.Errors.QUEUE_OVERFLOW, 1L);

    bench.receive(0);
    assertThat(session.heard).hasSize(before + 1);
    bench.finish();
  }
}
