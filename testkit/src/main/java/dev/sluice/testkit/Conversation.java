// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.testkit.ConversationScript.Exchange;
import java.util.Arrays;
import java.util.function.Consumer;

/** One run of a script, or of a part of it, over a connection of its own. */
final class Conversation implements AutoCloseable {

  /** How a send reaches the session. */
  interface Delivery {
    void feed(InMemoryConnection connection, byte[] bytes);
  }

  private final ConversationScript script;
  private final InMemoryConnection connection;
  private Consumer<InMemoryConnection> reader = connection -> {};

  Conversation(ConversationScript script, InMemoryPlatform platform) {
    this.script = script;
    this.connection = platform.connect();
  }

  /** A run of its own, ended and looked at afterwards; what fails is said with the trial's name. */
  static void trial(
      String what,
      ConversationScript script,
      InMemoryPlatform platform,
      Consumer<Conversation> body) {
    Conversation talk = new Conversation(script, platform);
    Trial.run(what, () -> body.accept(talk), talk::close);
  }

  /** Sessions that are alone answer as if there were no other. */
  static void apart(ConversationScript script, InMemoryPlatform platform) {
    platform.executor().calls().keepApart();
    try {
      interleaved(script, platform);
      staggered(script, platform);
    } catch (AssertionError wrong) {
      throw new AssertionError(
          "a session answers otherwise while there are others, with which it shares nothing"
              + " unless parties() says so: "
              + wrong.getMessage(),
          wrong);
    }
  }

  /** Two runs byte by byte in turns, and a third that breaks off in the middle. */
  private static void interleaved(ConversationScript script, InMemoryPlatform platform) {
    try (Conversation first = new Conversation(script, platform);
        Conversation second = new Conversation(script, platform);
        Conversation broken = new Conversation(script, platform)) {
      int left = script.input().length;
      int middle = left / 2;
      for (Exchange exchange : script.exchanges()) {
        for (byte[] one : Feeding.single(exchange.bytes())) {
          broken.connection.feed(one);
          first.connection.feed(one);
          second.connection.feed(one);
          if (--left == middle) {
            broken.connection.reset();
          }
        }
        platform.advance(exchange.pause());
      }
      first.checkAllAnswers();
      second.checkAllAnswers();
    }
  }

  /** The second is an exchange behind: what one of them has left is wrong for the other. */
  private static void staggered(ConversationScript script, InMemoryPlatform platform) {
    try (Conversation first = new Conversation(script, platform);
        Conversation second = new Conversation(script, platform)) {
      int count = script.exchanges().size();
      for (int index = 0; index <= count; index++) {
        if (index < count) {
          first.step(index, platform);
        }
        if (index > 0) {
          second.step(index - 1, platform);
        }
      }
      first.checkAllAnswers();
      second.checkAllAnswers();
    }
  }

  private void step(int index, InMemoryPlatform platform) {
    Exchange exchange = script.exchanges().get(index);
    connection.feed(exchange.bytes());
    platform.advance(exchange.pause());
  }

  InMemoryConnection connection() {
    return connection;
  }

  /** What the peer does to get its answers, before each is checked. */
  void readBy(Consumer<InMemoryConnection> reading) {
    reader = reading;
  }

  /** The first exchanges as they stand, each answer checked. */
  Conversation upTo(int exchanges) {
    reader.accept(connection);
    script.checkAnswers(0, connection.received());
    for (int index = 0; index < exchanges; index++) {
      exchange(index, InMemoryConnection::feed);
    }
    return this;
  }

  /** One exchange, its answer checked. */
  void exchange(int index, Delivery delivery) {
    Exchange exchange = script.exchanges().get(index);
    delivery.feed(connection, exchange.bytes());
    connection.advance(exchange.pause());
    reader.accept(connection);
    script.checkAnswers(index + 1, connection.received());
  }

  /** The whole script, each answer checked, and the end if the session closes by itself. */
  void whole(Delivery delivery) {
    upTo(0);
    for (int index = 0; index < script.exchanges().size(); index++) {
      exchange(index, delivery);
    }
    checkEnd();
  }

  /** What comes before the given byte of all that the client sends, and nothing after. */
  Conversation cutAt(int position) {
    int left = position;
    for (Exchange exchange : script.exchanges()) {
      byte[] bytes = exchange.bytes();
      if (left >= bytes.length) {
        connection.feed(bytes);
        connection.advance(exchange.pause());
      } else if (left > 0) {
        connection.feed(Arrays.copyOf(bytes, left));
      }
      left = Math.max(0, left - bytes.length);
    }
    return this;
  }

  /** Everything in one pass, without waiting for answers. */
  void atOnce(byte[]... parts) {
    connection.feed(parts);
    script.exchanges().forEach(exchange -> connection.advance(exchange.pause()));
    checkAllAnswers();
    checkEnd();
  }

  void checkAllAnswers() {
    script.checkAnswers(script.exchanges().size(), connection.received());
  }

  void checkBegin() {
    script.checkBegin(connection.received());
  }

  /** Whether the session went on or closed, as the script says. */
  void checkEnd() {
    if (connection.closeAsked() != script.serverCloses()) {
      throw new AssertionError(
          script.serverCloses()
              ? "the session did not close after its last answer"
              : "the session closed, which the script does not say");
    }
  }

  @Override
  public void close() {
    connection.close();
  }
}
