// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.capture.CaptureRecord;
import dev.sluice.session.bridge.SessionTap;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The engine and the file know nothing of one another; what happens goes by one name in both. */
class RecordNamesTest {

  @Test
  void whateverCanBeHeardCanBeWritten() {
    assertThat(Arrays.stream(SessionTap.Event.values()).map(Enum::name))
        .containsExactlyElementsOf(
            Arrays.stream(CaptureRecord.What.values()).map(Enum::name).toList());
  }
}
