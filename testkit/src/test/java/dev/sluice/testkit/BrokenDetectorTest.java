// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.ProtocolDetector;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The rule catches a detector that does not know its own clients. */
class BrokenDetectorTest {

  private static void check(ProtocolDetector detector) {
    BrokenSessions.check(
        new CustomProtocolSubsystem() {
          @Override
          public String name() {
            return "BROKEN";
          }

          @Override
          public Session create(ConnId id, SessionWriter writer) {
            return new BrokenSessions.Lines(id, writer);
          }

          @Override
          public Optional<ProtocolDetector> detector() {
            return Optional.of(detector);
          }
        },
        SessionContract::isKnownByItsFirstBytes);
  }

  private static ProtocolDetector of(
      int most, Function<ByteBuf, ProtocolDetector.Detection> answer) {
    return new ProtocolDetector() {
      @Override
      public Detection detect(ByteBuf head) {
        return answer.apply(head);
      }

      @Override
      public int maxBytes() {
        return most;
      }
    };
  }

  private static void caught(ProtocolDetector detector, String because) {
    assertThatThrownBy(() -> check(detector))
        .isInstanceOf(AssertionError.class)
        .hasStackTraceContaining(because);
  }

  @Test
  void aRightOnePasses() {
    check(ProtocolDetector.ofPrefixes("two", "one\n"));
  }

  @Test
  void aNoToAPart() {
    caught(
        of(
            4,
            head ->
                head.readableBytes() < 4
                    ? ProtocolDetector.Detection.NOT_RECOGNISED
                    : ProtocolDetector.Detection.RECOGNISED),
        "of the first 1 bytes");
  }

  @Test
  void aClientOfAnother() {
    caught(ProtocolDetector.ofPrefixes("other"), "of the first 2 bytes");
  }

  @Test
  void neverSure() {
    caught(of(10, head -> ProtocolDetector.Detection.NEED_MORE), "of as many bytes as it wants");
  }

  @Test
  void anotherMindLater() {
    caught(
        of(
            4,
            head ->
                head.readableBytes() == 2
                    ? ProtocolDetector.Detection.RECOGNISED
                    : ProtocolDetector.Detection.NEED_MORE),
        "where fewer were enough");
  }

  @Test
  void moreBytesThanANodeGives() {
    caught(of(1025, head -> ProtocolDetector.Detection.RECOGNISED), "maxBytes()");
  }
}
