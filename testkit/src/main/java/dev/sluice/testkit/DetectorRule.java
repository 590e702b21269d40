// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.ProtocolDetector;
import dev.sluice.api.ProtocolDetector.Detection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/** What a detector owes the platform: it knows its clients by what they begin with. */
final class DetectorRule {

  private DetectorRule() {}

  /**
   * Asks it as a node does whose client sends byte by byte.
   *
   * @param input all that a client of the protocol says
   */
  static void check(ProtocolDetector detector, byte[] input) {
    int most = detector.maxBytes();
    assertThat(most).as("maxBytes()").isBetween(1, ProtocolDetector.MOST_BYTES);
    Detection said = Detection.NEED_MORE;
    for (int i = 1; i <= Math.min(most, input.length); i++) {
      Detection before = said;
      ByteBuf head = Unpooled.wrappedBuffer(input, 0, i).asReadOnly();
      said = detector.detect(head);
      assertThat(said).as("of the first %s bytes", i).isNotNull();
      assertThat(said).as("of the first %s bytes", i).isNotEqualTo(Detection.NOT_RECOGNISED);
      assertThat(head.refCnt()).as("shares in the borrowed bytes").isEqualTo(1);
      if (before == Detection.RECOGNISED) {
        assertThat(said).as("of %s bytes, where fewer were enough", i).isEqualTo(before);
      }
    }
    assertThat(said).as("of as many bytes as it wants").isEqualTo(Detection.RECOGNISED);
  }
}
