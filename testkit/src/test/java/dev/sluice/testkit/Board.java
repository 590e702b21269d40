// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.testkit.BrokenSessions.Lines;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A board on which everybody may pin lines, and whoever subscribed gets them; one fault at most.
 */
final class Board implements CustomProtocolSubsystem {

  /** What is wrong with it. */
  enum Fault {
    NONE,
    ANSWERS_THE_LATEST,
    KEEPS_WHO_IS_GONE,
    SHARES_ITS_PARSER,

    /** No fault where it is said. */
    DROPS_SLOW_SUBSCRIBERS
  }

  private final Fault fault;
  private final Set<BoardSession> subscribers = new LinkedHashSet<>();
  private final StringBuilder parser = new StringBuilder();
  private @Nullable BoardSession latest;

  Board(Fault fault) {
    this.fault = fault;
  }

  @Override
  public String name() {
    return "BOARD";
  }

  @Override
  public Session create(ConnId id, SessionWriter writer) {
    return new BoardSession(id, writer);
  }

  static ConversationScript script() {
    return ConversationScript.builder()
        .send("SUB\n")
        .expect("OK\n")
        .send("PIN hello\n")
        .expect("hello\n1\n")
        .build();
  }

  static PartyScript.Builder parties() {
    return PartyScript.builder()
        .party("a")
        .send("SUB\n")
        .party("b")
        .send("SUB\n")
        .expect("OK\n")
        .party("a")
        .expect("OK\n")
        .party("c")
        .send("PIN hello\n")
        .expect("2\n")
        .party("a")
        .expect("hello\n")
        .party("b")
        .expect("hello\n")
        .party("c")
        .send("PIN x\n")
        .party("b")
        .send("PIN y\n")
        .expectMatching("x\ny\n2\n|y\n2\nx\n")
        .party("a")
        .expectMatching("x\ny\n|y\nx\n")
        .party("c")
        .expect("2\n");
  }

  /** The same, and one of them ends. */
  static PartyScript.Builder partiesOfWhomOneEnds() {
    return parties()
        .party("a")
        .reset()
        .party("c")
        .send("PIN last\n")
        .expectMatching("[12]\n")
        .party("b")
        .expect("last\n")
        .party("a")
        .expectMatching("(?:last\n)?");
  }

  private final class BoardSession extends Lines {

    BoardSession(ConnId id, SessionWriter writer) {
      super(id, writer);
    }

    @Override
    void line(ByteBuf line) {
      String text = line.toString(US_ASCII);
      line.release();
      synchronized (Board.this) {
        answer(text);
      }
    }

    private void answer(String text) {
      latest = fault == Fault.ANSWERS_THE_LATEST && latest != null ? latest : this;
      if (text.equals("SUB\n")) {
        subscribers.add(this);
        latest.say("OK\n");
      } else {
        String pinned = text.substring(text.indexOf(' ') + 1);
        subscribers.forEach(subscriber -> subscriber.pin(pinned));
        latest.say(subscribers.size() + "\n");
      }
    }

    @Override
    protected boolean parse(ByteBuf in) {
      if (fault != Fault.SHARES_ITS_PARSER) {
        return super.parse(in);
      }
      parser.append(in.readCharSequence(in.readableBytes(), US_ASCII));
      if (parser.charAt(parser.length() - 1) == '\n') {
        ByteBuf line = Unpooled.copiedBuffer(parser, US_ASCII);
        parser.setLength(0);
        line(line);
      }
      return true;
    }

    private void pin(String text) {
      if (fault != Fault.DROPS_SLOW_SUBSCRIBERS || writer().isWritable(id())) {
        say(text);
      }
    }

    void say(String text) {
      send(Unpooled.copiedBuffer(text, US_ASCII));
    }

    @Override
    protected void closed(CloseReason reason) {
      synchronized (Board.this) {
        if (fault != Fault.KEEPS_WHO_IS_GONE) {
          subscribers.remove(this);
        }
      }
    }
  }
}
