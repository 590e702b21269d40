// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static dev.sluice.testkit.BrokenSessions.caught;
import static dev.sluice.testkit.BrokenSessions.check;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.ConnId;
import dev.sluice.api.SessionWriter;
import dev.sluice.testkit.Board.Fault;
import dev.sluice.testkit.BrokenSessions.Contract;
import dev.sluice.testkit.BrokenSessions.Lines;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Sessions that share state are held to what their parties have to hear. */
class SharingTest {

  private static Contract contract(Fault fault) {
    return contract(fault, Board.partiesOfWhomOneEnds().build());
  }

  private static Contract contract(Fault fault, PartyScript parties) {
    return new Contract(new Board(fault), Board.script()) {
      @Override
      protected Board protocol() {
        return new Board(fault);
      }

      @Override
      protected Optional<PartyScript> parties() {
        return Optional.of(parties);
      }
    };
  }

  private static void caughtIn(Fault fault, String... because) {
    assertThatThrownBy(() -> check(contract(fault), SessionContract::sessionsShareNothing))
        .isInstanceOf(AssertionError.class)
        .hasMessageContainingAll(because);
  }

  @Test
  void aBoardThatIsRightPasses() {
    check(contract(Fault.NONE), SessionContract::sessionsShareNothing);
    check(contract(Fault.NONE), SessionContract::answersTheSameAtEverySplit);
    check(contract(Fault.NONE), SessionContract::heedsBackpressure);
    check(contract(Fault.NONE), SessionContract::holdsOnThreads);
  }

  @Test
  void whoMayDropSlowPartiesSaysSo() {
    caughtIn(Fault.DROPS_SLOW_SUBSCRIBERS, "reads at most", "then more is expected");
    Contract said =
        contract(Fault.DROPS_SLOW_SUBSCRIBERS, Board.parties().mayDropSlowParties().build());
    check(said, SessionContract::sessionsShareNothing);
  }

  @Test
  void answersAPeerWithAnotherOnesBytes() {
    caughtIn(
        Fault.ANSWERS_THE_LATEST,
        "party \"a\"",
        "is the first that differs",
        "it is what party \"b\" has to get and has not got");
  }

  @Test
  void writesToAPeerThatIsGone() {
    caughtIn(Fault.KEEPS_WHO_IS_GONE, "whole, order 0", "after connectionClosed");
    Contract silent = contract(Fault.KEEPS_WHO_IS_GONE, Board.parties().build());
    assertThatThrownBy(() -> check(silent, SessionContract::sessionsShareNothing))
        .isInstanceOf(AssertionError.class)
        .hasMessageContainingAll("vanishes behind", "after connectionClosed");
  }

  @Test
  void mixesWhatSeveralPeersSay() {
    caughtIn(Fault.SHARES_ITS_PARSER, "one byte at a time");
  }

  @Test
  void whoSharesNothingWritesToNobodyElse() {
    List<Lines> all = new ArrayList<>();
    caught(
        (id, writer) -> first(all, id, writer),
        SessionContract::sessionsShareNothing,
        "the session of another connection has written here");
  }

  /** Answers a line by the one before it, whosever that was. */
  @Test
  void whatOneSaidIsNotAnsweredToAnother() {
    AtomicReference<String> before = new AtomicReference<>("");
    Contract remembers =
        new Contract(
            BrokenSessions.protocol(
                (id, writer) ->
                    new Lines(id, writer) {
                      @Override
                      void line(ByteBuf line) {
                        String text = line.toString(US_ASCII);
                        line.release();
                        if (text.equals("again\n")) {
                          send(Unpooled.copiedBuffer(before.get(), US_ASCII));
                        } else {
                          before.set(text);
                        }
                      }
                    }),
            ConversationScript.builder()
                .send("one\n")
                .send("again\n")
                .expect("one\n")
                .send("two\n")
                .elapse(Duration.ZERO)
                .send("again\n")
                .expect("two\n")
                .build());
    check(remembers, SessionContract::answersTheScript);
    assertThatThrownBy(() -> check(remembers, SessionContract::sessionsShareNothing))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("a session answers otherwise while there are others")
        .hasMessageContaining("byte 4 is the first that differs");
  }

  /** All answers go to the first of three. */
  private static Lines first(List<Lines> all, ConnId id, SessionWriter writer) {
    Lines session =
        new Lines(id, writer) {
          @Override
          void line(ByteBuf line) {
            if (all.get(0) == this) {
              super.line(line);
            } else {
              all.get(0).line(line);
            }
          }
        };
    all.add(session);
    return session;
  }

  @Test
  void everyOrderHasItsTurnOnce() {
    Set<String> seen = new HashSet<>();
    Orders orders = new Orders(100, 1);
    int turns = 0;
    while (orders.another()) {
      turns++;
      seen.add(orders.applyAsInt(2) + "" + orders.applyAsInt(3) + orders.applyAsInt(2));
    }
    assertThat(seen).hasSize(12);
    assertThat(turns).isEqualTo(12);
  }

  @Test
  void whereThereAreTooManyOrdersChanceChooses() {
    Set<String> seen = new HashSet<>();
    Orders orders = new Orders(50, 1);
    int turns = 0;
    while (orders.another()) {
      turns++;
      seen.add(orders.applyAsInt(100) + " " + orders.applyAsInt(100));
    }
    assertThat(turns).isEqualTo(50);
    assertThat(seen).hasSizeGreaterThan(40);
  }
}
