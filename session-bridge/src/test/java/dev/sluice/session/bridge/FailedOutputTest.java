// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class FailedOutputTest {

  @Test
  void whatFailedOutputHasMadeUsDropIsNotTakenForTheWholeInput() {
    Bench bench = Bench.open();
    bench.receive("first");
    bench.bridge.outputFailed();
    bench.receive("dropped");
    bench.bridge.peerEnded();
    bench.finish();

    assertThat(bench.session().heard).containsExactly("data first", "closed peer_reset");
  }
}
