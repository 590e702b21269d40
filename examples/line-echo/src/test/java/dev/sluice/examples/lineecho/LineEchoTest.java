// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.lineecho;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.ByteSize;
import dev.sluice.api.CloseReason;
import dev.sluice.testkit.InMemoryConnection;
import dev.sluice.testkit.InMemoryPlatform;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What line echo does beyond the contract. */
class LineEchoTest {

  private static final String TOO_LONG = "line too long\n";

  private final InMemoryPlatform platform =
      new InMemoryPlatform(new LineEcho()).settings(new LineEchoSettings(new ByteSize(8)));

  @AfterEach
  void close() {
    platform.close();
  }

  @Test
  void lineOfTheGreatestLengthComesBack() {
    assertThat(answer("12345678\n")).isEqualTo("12345678\n");
  }

  @Test
  void longerLineIsRefusedWhereverItIsSplit() {
    String line = "123456789\n";
    for (int split = 0; split < line.length(); split++) {
      assertThat(answer(line.substring(0, split), line.substring(split)))
          .as("split at %d", split)
          .isEqualTo(TOO_LONG);
    }
  }

  @Test
  void endlessLineIsRefusedAtTheBound() {
    InMemoryConnection connection = platform.connect();
    connection.feed("ok\n123456789");
    assertThat(connection.receivedText()).isEqualTo("ok\n" + TOO_LONG);
    assertThat(connection.closed()).contains(CloseReason.PROTOCOL_ERROR);
  }

  @Test
  void nothingIsEchoedAfterTheRefusal() {
    assertThat(answer("123456789\nok\n", "ok\n")).isEqualTo(TOO_LONG);
  }

  @Test
  void readsNoMoreWhileThePeerDoesNot() {
    platform.outputMarks(16, 1 << 20);
    InMemoryConnection connection = platform.connect();
    connection.stopReading();
    for (int line = 0; line < 100; line++) {
      connection.feed("12345678\n");
    }
    assertThat(connection.reading()).isFalse();
    assertThat(connection.pendingOutput()).isLessThan(40);
    connection.readOn();
    assertThat(connection.receivedText()).isEqualTo("12345678\n".repeat(100));
  }

  private String answer(String... parts) {
    InMemoryConnection connection = platform.connect();
    for (String part : parts) {
      connection.feed(part);
    }
    return connection.receivedText();
  }
}
