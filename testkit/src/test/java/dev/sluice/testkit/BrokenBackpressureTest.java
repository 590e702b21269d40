// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static dev.sluice.testkit.BrokenSessions.LONG;
import static dev.sluice.testkit.BrokenSessions.caught;
import static dev.sluice.testkit.BrokenSessions.check;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.ConnId;
import dev.sluice.api.SessionWriter;
import dev.sluice.testkit.BrokenSessions.Contract;
import dev.sluice.testkit.BrokenSessions.Lines;
import dev.sluice.testkit.BrokenSessions.Raw;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

/** The rules catch a session that writes on though its peer does not read. */
class BrokenBackpressureTest {

  private static final int PIECE = 4096;
  private static final int PIECES = 3000;

  @Test
  void answersOnThoughNothingIsRead() {
    check(Raw::new, SessionContract::slowReaderGetsEverything);
    caught(
        Raw::new,
        SessionContract::heedsBackpressure,
        "ignores backpressure: it wrote " + LONG.length() + " bytes while it was not writable");
  }

  /** Answers a line by twelve million bytes, in pieces. */
  private static final class Flood extends Lines {
    private final boolean looks;
    private int left;

    Flood(ConnId id, SessionWriter writer, boolean looks) {
      super(id, writer);
      this.looks = looks;
    }

    @Override
    void line(ByteBuf line) {
      line.release();
      left = PIECES;
      pour();
    }

    private void pour() {
      while (left > 0 && !(looks && !writer().isWritable(id()))) {
        left--;
        send(Unpooled.wrappedBuffer("x".repeat(PIECE).getBytes(US_ASCII)));
      }
    }

    @Override
    public void writabilityChanged(boolean writable) {
      super.writabilityChanged(writable);
      if (writable) {
        pour();
      }
    }
  }

  private static Contract flood(boolean looks, boolean stepwise) {
    ConversationScript.Builder script =
        ConversationScript.builder().send("go\n").expect("x".repeat(PIECES * PIECE));
    return new Contract(
        BrokenSessions.protocol((id, writer) -> new Flood(id, writer, looks)),
        (stepwise ? script.stepwise() : script).build());
  }

  @Test
  void queuesMegabytesForAPeerThatDoesNotRead() {
    for (boolean stepwise : new boolean[] {false, true}) {
      assertThatThrownBy(() -> check(flood(false, stepwise), SessionContract::heedsBackpressure))
          .isInstanceOf(AssertionError.class)
          .hasMessageContaining("it wrote " + (PIECES - 1) * PIECE + " bytes");
    }
  }

  @Test
  void aLongAnswerThatWaitsForItsPeerIsRight() {
    check(flood(true, false), SessionContract::heedsBackpressure);
    check(flood(true, true), SessionContract::heedsBackpressure);
  }
}
