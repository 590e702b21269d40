// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static dev.sluice.testkit.InMemoryPlatform.NEVER;

import dev.sluice.session.bridge.EndpointOptions.Limits;
import dev.sluice.testkit.ConversationScript.Exchange;
import java.util.Random;

/** What a session owes a peer that does not read: it holds back once it is told. */
final class BackpressureRule {

  /** What one message may add in several writes to what made the connection not writable. */
  private static final long ONE_MESSAGE = 64 << 10;

  /** Any answer makes a connection with this mark not writable. */
  private static final int MARK = 1;

  private BackpressureRule() {}

  /** Under a mark that any answer is over, and under one that none is, so that several wait. */
  static void checkSlowReader(SessionTrials trials) {
    for (int mark : new int[] {MARK, Integer.MAX_VALUE}) {
      trials.many(platform -> slowReader(trials, platform.outputMarks(mark, Integer.MAX_VALUE)));
    }
  }

  private static void slowReader(SessionTrials trials, InMemoryPlatform platform) {
    Random random = new Random(trials.seed());
    for (int most : new int[] {1, 7, 100}) {
      String how = "at most " + most + " bytes at a time, seed " + trials.seed();
      trials.trial(
          how,
          platform,
          talk -> {
            talk.readBy(connection -> Feeding.readSlowly(connection, random, most));
            talk.connection().stopReading();
            talk.whole(InMemoryConnection::feed);
          });
      if (!trials.script().stepwise()) {
        trials.trial(
            "all at once, " + how,
            platform,
            talk -> {
              Feeding.whileReadingSlowly(talk.connection(), trials.script(), random, most);
              talk.checkAllAnswers();
            });
      }
    }
  }

  /** The peer reads nothing, and each answer of two bytes or more is already too much. */
  static void check(SessionTrials trials) {
    trials.each(
        platform -> {
          platform.limits(unread());
          trials.trial(
              "a peer that does not read",
              platform,
              talk -> {
                if (trials.script().stepwise()) {
                  eachUnread(trials.script(), talk);
                } else {
                  allUnread(trials.script(), talk);
                }
              });
        });
  }

  /** Time ends no connection: how much was written is the question, not how long it waited. */
  private static Limits unread() {
    Limits usual = Limits.defaults();
    return new Limits(
        NEVER, usual.handshakeTimeout(), NEVER, MARK, Integer.MAX_VALUE, usual.lingerTimeout());
  }

  /** The client goes on though it has got no answer; the session is told between its messages. */
  private static void allUnread(ConversationScript script, Conversation talk) {
    InMemoryConnection connection = talk.upTo(0).connection();
    connection.stopReading();
    long further = 0;
    for (Exchange exchange : script.exchanges()) {
      long before = connection.overrun().bytes();
      boolean told = connection.overrun().lasts();
      connection.feed(exchange.bytes());
      connection.advance(exchange.pause());
      further += told ? connection.overrun().bytes() - before : 0;
    }
    if (further > 0) {
      throw goesOn(connection);
    }
    checkWithinMessage(connection);
    connection.readOn();
    script.exchanges().forEach(exchange -> connection.advance(exchange.pause()));
    talk.checkAllAnswers();
  }

  /** The client waits for each answer, which it does not read before it is all there. */
  private static void eachUnread(ConversationScript script, Conversation talk) {
    talk.upTo(0);
    for (int index = 0; index < script.exchanges().size(); index++) {
      talk.connection().stopReading();
      talk.readBy(InMemoryConnection::readOn);
      talk.exchange(index, InMemoryConnection::feed);
      checkWithinMessage(talk.connection());
    }
  }

  private static void checkWithinMessage(InMemoryConnection connection) {
    Overrun overrun = connection.overrun();
    if (overrun.most() - overrun.largest() > ONE_MESSAGE) {
      throw goesOn(connection);
    }
  }

  private static AssertionError goesOn(InMemoryConnection connection) {
    return new AssertionError(
        "the session ignores backpressure: it wrote "
            + connection.overrun().most()
            + " bytes while it was not writable; hold back until writabilityChanged(true), by"
            + " pauseReads for instance");
  }
}
