// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.PlaintextSession;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** How {@link PlaintextSession} gathers input. */
class PlaintextSessionTest {

  private static final int MESSAGE = 100;

  /** Sends each message of 100 bytes back as a slice of what was gathered. */
  private static final class Messages implements CustomProtocolSubsystem {
    private final int bound;

    Messages(int bound) {
      this.bound = bound;
    }

    @Override
    public String name() {
      return "MESSAGES";
    }

    @Override
    public Session create(ConnId id, SessionWriter writer) {
      return new PlaintextSession(id, writer, bound) {
        @Override
        protected boolean parse(ByteBuf in) {
          if (in.readableBytes() >= MESSAGE) {
            send(in.readRetainedSlice(MESSAGE));
          }
          return true;
        }
      };
    }
  }

  @Test
  void slicesOnTheirWayAreNotOverwrittenByWhatComesNext() {
    byte[] sent = new byte[MESSAGE * 50];
    new Random(1).nextBytes(sent);
    for (int step : new int[] {1, 7, 30, 99, 130}) {
      try (InMemoryPlatform platform = new InMemoryPlatform(new Messages(MESSAGE * 2))) {
        InMemoryConnection connection = platform.connect();
        connection.stopReading();
        for (int at = 0; at < sent.length; at += step) {
          connection.feed(Arrays.copyOfRange(sent, at, Math.min(sent.length, at + step)));
        }
        connection.readOn();
        connection.runAll();
        assertThat(connection.received()).as("in steps of " + step).isEqualTo(sent);
        assertThat(connection.heldBytes()).isZero();
        connection.close();
      }
    }
  }

  @Test
  void moreThanTheBoundUnparsedEndsTheConnection() {
    try (InMemoryPlatform platform = new InMemoryPlatform(new Messages(50))) {
      InMemoryConnection connection = platform.connect();
      connection.feed(new byte[50]);
      connection.runAll();
      assertThat(connection.heldBytes()).isEqualTo(50);
      assertThat(connection.closeAsked()).isFalse();
      connection.feed(new byte[1]);
      connection.runAll();
      assertThat(connection.closed()).contains(CloseReason.PROTOCOL_ERROR);
      assertThat(connection.heldBytes()).isZero();
    }
  }
}
