// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.testkit.PartyScript.Block;
import dev.sluice.testkit.PartyTalk.Cutting;
import java.util.List;
import java.util.function.Consumer;

/** What sessions that share state owe the parties of a script, in every order that it allows. */
final class SharingRule {

  private static final int MOST_ORDERS = 400;
  private static final Cutting WHOLE = bytes -> new byte[][] {bytes};

  private final SessionTrials trials;
  private final PartyScript script;

  SharingRule(SessionTrials trials, PartyScript script) {
    this.trials = trials;
    this.script = script;
  }

  void check() {
    inEveryOrder("whole", WHOLE, talk -> {});
    inEveryOrder("one byte at a time", Feeding::single, talk -> {});
    Noise sizes = new Noise(trials.seed());
    inEveryOrder("in pieces of any size", sizes::split, talk -> {});
    for (String party : script.parties()) {
      for (int most : new int[] {1, 50}) {
        slowly(
            "party \"" + party + "\" reads at most " + most + " bytes at a time",
            talk -> talk.slow(party, most, trials.seed()));
      }
    }
    for (String party : script.parties()) {
      int length = script.length(party);
      vanishes(party, 0);
      for (int sent : Feeding.positions(length + 1, trials.seed())) {
        vanishes(party, sent);
      }
    }
    besideAnother();
  }

  private void vanishes(String party, int sent) {
    once(
        "party \"" + party + "\" vanishes behind " + sent + " bytes",
        WHOLE,
        new Orders(1, 0),
        talk -> talk.vanishing(party, sent));
  }

  /** Under a mark that any answer is over. */
  private void slowly(String what, Consumer<PartyTalk> before) {
    Orders orders = new Orders(MOST_ORDERS, trials.seed());
    while (orders.another()) {
      trials.each(
          platform ->
              run(
                  what + ", seed " + trials.seed(),
                  platform.outputMarks(1, Integer.MAX_VALUE),
                  talk -> talk.run(orders, WHOLE),
                  before));
    }
  }

  private void inEveryOrder(String what, Cutting cutting, Consumer<PartyTalk> before) {
    Orders orders = new Orders(MOST_ORDERS, trials.seed());
    for (int order = 0; orders.another(); order++) {
      once(what + ", order " + order + ", seed " + trials.seed(), cutting, orders, before);
    }
  }

  /** State is of a node: what one run has left must not meet the next one. */
  private void once(String what, Cutting cutting, Orders orders, Consumer<PartyTalk> before) {
    trials.each(platform -> run(what, platform, talk -> talk.run(orders, cutting), before));
  }

  private void run(
      String what,
      InMemoryPlatform platform,
      Consumer<PartyTalk> body,
      Consumer<PartyTalk> before) {
    PartyTalk talk = new PartyTalk(script, platform);
    Trial.run(what, () -> before.andThen(body).accept(talk), talk::close);
  }

  /** Nobody depends on a connection that has said next to nothing and breaks off. */
  private void besideAnother() {
    byte[] first =
        script.blocks().stream().map(Block::sends).flatMap(List::stream).findFirst().get().bytes();
    if (first.length < 2 || trials.protocol().get().speaksFirst()) {
      return;
    }
    trials.each(
        platform -> {
          InMemoryConnection other = platform.connect();
          other.feed(new byte[] {first[0]});
          run(
              "beside a connection that has sent one byte",
              platform,
              talk -> talk.run(new Orders(1, 0), Feeding::single),
              talk -> {});
          other.close();
        });
  }
}
