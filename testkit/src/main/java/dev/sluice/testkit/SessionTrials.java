// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CustomProtocolSubsystem;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * How the rules of {@link SessionContract} are tried on a protocol.
 *
 * @param script what is said
 * @param protocol a new one at each call
 * @param configure sets what is special about the interface
 * @param seed where the choice of places starts from
 * @param shared sessions share state, which one trial must not leave to the next
 * @param limits of each call
 */
record SessionTrials(
    ConversationScript script,
    Supplier<CustomProtocolSubsystem> protocol,
    Consumer<InMemoryPlatform> configure,
    long seed,
    boolean shared,
    CallWatch.Limits limits) {

  /** A platform of its own, which checks at its end whatever was left open. */
  void each(Consumer<InMemoryPlatform> rule) {
    run(rule, new DeterministicExecutor());
  }

  /**
   * As {@link #each}, for a rule of very many calls that does the same whenever it is run: only
   * where a buffer was left is it run once more, and written down who kept it.
   */
  void many(Consumer<InMemoryPlatform> rule) {
    try {
      run(rule, new DeterministicExecutor().withoutTrails());
    } catch (AssertionError broken) {
      if (String.valueOf(broken.getMessage()).contains(Trail.UNKNOWN)) {
        each(rule);
      }
      throw broken;
    }
  }

  private void run(Consumer<InMemoryPlatform> rule, DeterministicExecutor executor) {
    executor
        .calls()
        .run(
            limits,
            () -> {
              try (InMemoryPlatform platform = new InMemoryPlatform(protocol.get(), executor)) {
                configure.accept(platform);
                rule.accept(platform);
              }
            });
  }

  void trial(String what, InMemoryPlatform platform, Consumer<Conversation> body) {
    if (shared) {
      try (InMemoryPlatform own = platform.another(protocol.get())) {
        Conversation.trial(what, script, own, body);
      }
    } else {
      Conversation.trial(what, script, platform, body);
    }
  }

  /** A trial for each place, the ends too, where a client may stop; it has not stopped yet. */
  void atEveryByte(String what, ObjIntConsumer<Conversation> body) {
    int length = script.input().length;
    List<Integer> cuts = new ArrayList<>(Feeding.positions(length, seed));
    cuts.add(0);
    cuts.add(length);
    many(
        platform -> {
          for (int cut : cuts) {
            String when = what + " after byte " + cut;
            trial(when, platform, talk -> body.accept(talk, cut));
          }
        });
  }

  /** What the session says of bytes from outside is what it does. */
  void checkBytesFromOutside() {
    byte[] bytes = {'o', 'u', 't', '\n'};
    each(
        platform ->
            trial(
                "after the first answer",
                platform,
                talk -> {
                  InMemoryConnection connection = talk.upTo(1).connection();
                  int before = connection.received().length;
                  if (!connection.sendData(bytes)) {
                    assertThat(connection.received()).as("sent though refused").hasSize(before);
                  }
                  connection.askToClose();
                  connection.sendData(bytes);
                }));
  }

  /** A connection over the soft cap says what it has to and ends. */
  void checkCapped(Duration deadline) {
    each(
        platform -> {
          try (InMemoryConnection connection = platform.connectCapped()) {
            script.exchanges().forEach(exchange -> connection.feed(exchange.bytes()));
            connection.advance(deadline);
            assertThat(connection.closed()).as("closed").isPresent();
            Pattern expected = script.capped();
            if (expected != null) {
              assertThat(new String(connection.received(), ISO_8859_1)).matches(expected);
            }
          }
        });
  }

  /** Between messages nothing is in hand that could keep a session from closing. */
  void checkClosedBetweenMessages(int cut, InMemoryConnection connection) {
    // Before the first byte there may be no session yet that could be asked.
    if (script.endsAnExchange(cut) && (cut > 0 || protocol.get().speaksFirst())) {
      assertThat(connection.closed()).as("closed").isPresent();
    }
  }
}
