// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static dev.sluice.testkit.BrokenSessions.check;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.testkit.BrokenSessions.Contract;
import dev.sluice.testkit.BrokenSessions.Lines;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** On threads a session is caught that is right only where one runs after the other. */
class BrokenThreadsTest {

  /** Counts what all its sessions have heard; with a race or without. */
  private static final class Counter implements CustomProtocolSubsystem {
    private final boolean guarded;
    private volatile int count;

    Counter(boolean guarded) {
      this.guarded = guarded;
    }

    @Override
    public String name() {
      return "COUNTER";
    }

    @Override
    public Session create(ConnId id, SessionWriter writer) {
      return new Lines(id, writer) {
        @Override
        void line(ByteBuf line) {
          String text = line.toString(US_ASCII);
          line.release();
          if (text.equals("INC\n")) {
            increment();
          }
          send(Unpooled.copiedBuffer(count + "\n", US_ASCII));
        }
      };
    }

    private void increment() {
      if (guarded) {
        synchronized (this) {
          count = next();
        }
      } else {
        count = next();
      }
    }

    private int next() {
      int seen = count;
      LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
      return seen + 1;
    }
  }

  private static Contract contract(boolean guarded) {
    return new Contract(
        new Counter(guarded), ConversationScript.builder().send("INC\n").expect("1\n").build()) {
      @Override
      protected CustomProtocolSubsystem protocol() {
        return new Counter(guarded);
      }

      @Override
      protected Optional<PartyScript> parties() {
        return Optional.of(
            PartyScript.builder()
                .party("a")
                .send("INC\n")
                .party("b")
                .send("INC\n")
                .expectMatching("[12]\n")
                .party("a")
                .expectMatching("[12]\n")
                .send("GET\n")
                .expect("2\n")
                .build());
      }
    };
  }

  @Test
  void aRaceShowsAsABrokenPromise() {
    check(contract(false), SessionContract::sessionsShareNothing);
    assertThatThrownBy(() -> check(contract(false), SessionContract::holdsOnThreads))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("on threads, round")
        .hasMessageContaining("party \"a\"")
        .hasMessageContaining("but got");
  }

  @Test
  void whatIsGuardedHolds() {
    check(contract(true), SessionContract::holdsOnThreads);
  }

  @Test
  void aBufferThatIsNeverReleasedIsNamed() {
    Contract leaking =
        new Contract(
            BrokenSessions.protocol(
                (id, writer) ->
                    new Lines(id, writer) {
                      @Override
                      void line(ByteBuf line) {
                        super.line(line.retain());
                      }
                    }));
    assertThatThrownBy(() -> check(leaking, SessionContract::holdsOnThreads))
        .hasMessageContaining("owner(s) left")
        .hasMessageContaining("retained at dev.sluice.testkit.BrokenThreadsTest$");
  }
}
