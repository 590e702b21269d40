// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CustomProtocolSubsystem;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;

/**
 * How the rules of {@link SessionContract} are tried on a protocol.
 *
 * @param script what is said
 * @param protocol a new one at each call
 * @param configure sets what is special about the interface
 * @param seed where the choice of places starts from
 * @param limits of each call
 */
record SessionTrials(
    ConversationScript script,
    Supplier<CustomProtocolSubsystem> protocol,
    Consumer<InMemoryPlatform> configure,
    long seed,
    CallWatch.Limits limits) {

  /** A platform of its own, which checks at its end whatever was left open. */
  void each(Consumer<InMemoryPlatform> rule) {
    DeterministicExecutor executor = new DeterministicExecutor();
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
    Conversation.trial(what, script, platform, body);
  }

  /** A trial for each place, the ends too, where a client may stop; it has not stopped yet. */
  void atEveryByte(String what, ObjIntConsumer<Conversation> body) {
    int length = script.input().length;
    List<Integer> cuts = new ArrayList<>(Feeding.positions(length, seed));
    cuts.add(0);
    cuts.add(length);
    each(
        platform -> {
          for (int cut : cuts) {
            String when = what + " after byte " + cut;
            trial(when, platform, talk -> body.accept(talk, cut));
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
