// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static dev.sluice.testkit.BrokenSessions.caught;
import static dev.sluice.testkit.BrokenSessions.check;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.testkit.BrokenSessions.Lines;
import dev.sluice.testkit.BrokenSessions.Raw;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.time.Duration;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/** The rules catch what a session does wrong at its end and with what it shares. */
class BrokenEndingsTest {

  @Test
  void writesAfterItsClose() {
    caught(
        (id, writer) ->
            new Lines(id, writer) {
              @Override
              public void closeSession() {
                close();
                send(Unpooled.copiedBuffer("bye\n", US_ASCII));
              }
            },
        SessionContract::endsWhenAsked,
        "after the session asked for the close");
  }

  @Test
  void writesAfterTheEnd() {
    caught(
        (id, writer) ->
            new Lines(id, writer) {
              @Override
              protected void closed(CloseReason reason) {
                context().executor().execute(() -> send(Unpooled.copiedBuffer("?", US_ASCII)));
              }
            },
        SessionContract::bearsAResetAtEveryByte,
        "after connectionClosed");
  }

  @Test
  void doesNotEndWhenAsked() {
    BiFunction<ConnId, SessionWriter, Session> make =
        (id, writer) ->
            new Lines(id, writer) {
              @Override
              public void closeSession() {}
            };
    caught(make, SessionContract::endsWhenAsked, "closed");
    caught(make, SessionContract::endsWhenDrained, "closed");
    caught(make, SessionContract::answersAPeerThatEndedItsSide, "closed");
  }

  @Test
  void waitsForTheDrainsDeadline() {
    caught(
        (id, writer) ->
            new Lines(id, writer) {
              @Override
              public void drainRequested(Duration deadline) {
                context().schedule(deadline.plusSeconds(1), this::close);
              }
            },
        SessionContract::endsWhenDrained,
        "closed");
  }

  @Test
  void throwsOnNoise() {
    caught(
        (id, writer) ->
            new Lines(id, writer) {
              @Override
              void line(ByteBuf line) {
                if (line.getByte(0) < 0) {
                  line.release();
                  throw new IllegalStateException("no letter");
                }
                super.line(line);
              }
            },
        SessionContract::bearsNoise,
        "no letter");
  }

  @Test
  void staysOpenWhenCapped() {
    CustomProtocolSubsystem protocol =
        new CustomProtocolSubsystem() {
          @Override
          public String name() {
            return "BROKEN";
          }

          @Override
          public Session create(ConnId id, SessionWriter writer) {
            return new Lines(id, writer);
          }

          @Override
          public Session createCapped(ConnId id, SessionWriter writer) {
            return create(id, writer);
          }
        };
    assertThatThrownBy(() -> check(protocol, SessionContract::refusesACappedConnection))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("closed");
  }

  @Test
  void sendsWhatItRefused() {
    caught(
        (id, writer) ->
            new Lines(id, writer) {
              @Override
              public boolean sendData(ByteBuf data) {
                boolean unused = super.sendData(data);
                return false;
              }
            },
        SessionContract::takesOrRefusesBytesFromOutside,
        "sent though refused");
  }

  @Test
  void holdsInputForEver() {
    caught(
        (id, writer) ->
            new Lines(id, writer) {
              @Override
              void line(ByteBuf line) {
                writer.hold(id, 1);
                super.line(line);
              }
            },
        SessionContract::holdsNothingWhenAllIsAnswered,
        "held bytes");
  }

  @Test
  void sharesStateBetweenSessions() {
    StringBuilder shared = new StringBuilder();
    BiFunction<ConnId, SessionWriter, Session> make =
        (id, writer) ->
            new Raw(id, writer) {
              @Override
              public void handleIncomingData(ByteBuf data) {
                shared.append(data.toString(US_ASCII));
                if (shared.charAt(shared.length() - 1) == '\n') {
                  writer.writeOutbound(id, Unpooled.copiedBuffer(shared, US_ASCII));
                  shared.setLength(0);
                }
              }
            };
    check(make, SessionContract::answersTheSameAtEverySplit);
    shared.setLength(0);
    caught(make, SessionContract::sessionsShareNothing, "but got");
  }

  @Test
  void usesAnotherConnectionsId() {
    caught(
        (id, writer) ->
            new Lines(id, writer) {
              @Override
              void line(ByteBuf line) {
                boolean unused = writer.isWritable(ConnId.of(id.value() + 1));
                super.line(line);
              }
            },
        SessionContract::answersTheScript,
        "was used with the id");
  }

  @Test
  void isNoProvider() {
    assertThatThrownBy(() -> check(Lines::new, SessionContract::canBeFound))
        .hasMessageContaining("META-INF/services");
  }

  @Test
  void answersOnAfterItsOwnClose() {
    BiFunction<ConnId, SessionWriter, Session> make =
        (id, writer) ->
            new Raw(id, writer) {
              @Override
              public void handleIncomingData(ByteBuf data) {
                for (byte letter : data.toString(US_ASCII).getBytes(US_ASCII)) {
                  writer.writeOutbound(id, Unpooled.copiedBuffer(new byte[] {letter}));
                  if (letter == 'q') {
                    writer.closeSocket(id);
                  }
                }
              }
            };
    SessionContract contract =
        new SessionContract() {
          @Override
          protected CustomProtocolSubsystem protocol() {
            return BrokenSessions.protocol(make);
          }

          @Override
          protected ConversationScript script() {
            return ConversationScript.builder().send("aq").expect("aq").serverCloses().build();
          }
        };
    contract.readScript();
    contract.answersTheScript();
    assertThatThrownBy(contract::answersTheSameAllAtOnce)
        .hasStackTraceContaining("after the session asked for the close");
    assertThat(contract.seed()).isEqualTo(4711);
  }
}
