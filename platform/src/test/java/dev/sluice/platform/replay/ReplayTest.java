// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.replay;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.NodeContext;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.Transport;
import dev.sluice.capture.Capture;
import dev.sluice.capture.CaptureRecord;
import dev.sluice.capture.CaptureRecord.Bytes;
import dev.sluice.capture.CaptureRecord.Ended;
import dev.sluice.capture.CaptureRecord.Event;
import dev.sluice.capture.CaptureRecord.Header;
import dev.sluice.capture.CaptureRecord.Opened;
import dev.sluice.capture.CaptureRecord.ProtocolUsed;
import dev.sluice.capture.CaptureRecord.Way;
import dev.sluice.capture.CaptureRecord.What;
import dev.sluice.capture.CaptureWriter;
import dev.sluice.session.bridge.Protocol;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What sessions were given comes to them again as it came. */
class ReplayTest {

  private static final long SECOND = 1_000_000_000L;

  private final List<CaptureRecord> records = new ArrayList<>();

  /** A protocol as one function of its sessions. */
  private record Of(Execution execution, boolean speaksFirst, Making making)
      implements CustomProtocolSubsystem {

    interface Making {
      Talk make(Talker talker);
    }

    @Override
    public String name() {
      return "TEST";
    }

    @Override
    public Session create(ConnId id, SessionWriter writer) {
      return making.make(new Talker(id, writer));
    }

    @Override
    public Session createCapped(ConnId id, SessionWriter writer) {
      new Talker(id, writer).say("full");
      writer.closeSocket(id);
      return new Talk(new Talker(id, writer));
    }
  }

  /** The way back. */
  private record Talker(ConnId id, SessionWriter writer) {
    void say(String text) {
      writer.writeOutbound(id, Unpooled.copiedBuffer(text, US_ASCII));
    }
  }

  /** Repeats what comes. */
  private static class Talk implements Session {
    final Talker to;

    Talk(Talker to) {
      this.to = to;
    }

    void hear(String text) {
      to.say(text);
    }

    @Override
    public void handleIncomingData(ByteBuf data) {
      hear(data.toString(US_ASCII));
    }

    @Override
    public boolean sendData(ByteBuf data) {
      to.say("!" + data.toString(US_ASCII));
      return true;
    }

    @Override
    public void closeSession() {
      to.writer.closeSocket(to.id);
    }
  }

  private static Of of(Of.Making making) {
    return new Of(Execution.EVENT_LOOP, false, making);
  }

  private void open(long id) {
    open(id, false);
  }

  private void open(long id, boolean capped) {
    records.add(new Opened(0, id, 0, Transport.TCP, capped, null, null, Optional.empty()));
  }

  private void given(long seconds, long id, String text) {
    records.add(new Bytes(seconds * SECOND, id, Way.DELIVERED, false, text.getBytes(US_ASCII)));
    records.add(new Event(seconds * SECOND, id, What.PASS_COMPLETE, 0));
  }

  private void wrote(long seconds, long id, String text) {
    records.add(new Bytes(seconds * SECOND + 1, id, Way.WRITTEN, false, text.getBytes(US_ASCII)));
  }

  private void happened(long seconds, long id, What what) {
    records.add(new Event(seconds * SECOND, id, what, 0));
  }

  private void ended(long seconds, long id, String reason, String by) {
    records.add(new Ended(seconds * SECOND + 2, id, reason, by, "", ""));
  }

  private List<Difference> replay(CustomProtocolSubsystem protocol, boolean times)
      throws Exception {
    return Replay.run(capture(), Map.of(0, Protocol.of(protocol)), times);
  }

  private Capture capture() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (CaptureWriter writer = new CaptureWriter(out, new Header(Instant.EPOCH, "i", "v"))) {
      writer.write(new ProtocolUsed(0, "TEST", "", "", ""));
      for (CaptureRecord record : records) {
        writer.write(record);
      }
    }
    return Capture.read(new ByteArrayInputStream(out.toByteArray()));
  }

  private void assertEqual(CustomProtocolSubsystem protocol) throws Exception {
    assertThat(replay(protocol, true)).isEmpty();
    assertThat(replay(protocol, false)).isEmpty();
  }

  @Test
  void theFirstByteThatDiffersIsShownWithWhatIsAroundIt() throws Exception {
    open(1);
    given(0, 1, "one");
    wrote(0, 1, "one");
    given(1, 1, "two");
    wrote(1, 1, "tWo");
    ended(2, 1, "peer_reset", "PEER");

    assertThat(replay(of(Talk::new), true))
        .containsExactly(new Difference(1, "byte 4 of its answers", "\"onetWo\"", "\"onetwo\""));
  }

  @Test
  void whatATimerBringsComesBetweenTheInputsWithTimesAndBehindThemWithout() throws Exception {
    Of pinging =
        of(
            talker ->
                new Talk(talker) {
                  @Override
                  void hear(String text) {
                    super.hear(text);
                    to.writer.context(to.id).schedule(Duration.ofSeconds(1), () -> to.say("."));
                  }
                });
    open(1);
    given(0, 1, "a");
    wrote(0, 1, "a");
    wrote(1, 1, ".");
    given(2, 1, "b");
    wrote(2, 1, "b");
    wrote(3, 1, ".");

    assertThat(replay(pinging, true)).isEmpty();
    assertThat(replay(pinging, false))
        .containsExactly(new Difference(1, "byte 1 of its answers", "\"a.b.\"", "\"ab..\""));
  }

  @Test
  void whatSessionsShareIsSharedAgain() throws Exception {
    Of.Making counting =
        new Of.Making() {
          private final AtomicInteger said = new AtomicInteger();

          @Override
          public Talk make(Talker talker) {
            return new Talk(talker) {
              @Override
              void hear(String text) {
                to.say("" + said.incrementAndGet());
              }
            };
          }
        };
    open(1);
    open(2);
    given(0, 1, "a");
    wrote(0, 1, "1");
    given(1, 2, "a");
    wrote(1, 2, "2");
    given(2, 1, "a");
    wrote(2, 1, "3");

    assertThat(replay(of(counting), false)).isEmpty();
  }

  @Test
  void threadsOfAProtocolAreWaitedFor() throws Exception {
    Of threads =
        new Of(
            Execution.WORKERS,
            false,
            talker ->
                new Talk(talker) {
                  @Override
                  void hear(String text) {
                    new Thread(() -> super.hear(text)).start();
                  }
                });
    open(1);
    given(0, 1, "slow");
    wrote(0, 1, "slow");

    assertEqual(threads);
  }

  @Test
  void aPeerThatEndedItsSideIsAnsweredAndWhoSpeaksFirstSpeaks() throws Exception {
    Of polite =
        new Of(
            Execution.EVENT_LOOP,
            true,
            talker -> {
              talker.say("hello,");
              return new Talk(talker) {
                @Override
                public void inputClosed() {
                  to.say(",bye");
                  to.writer.closeSocket(to.id);
                }
              };
            });
    open(1);
    wrote(0, 1, "hello,");
    given(0, 1, "it");
    wrote(0, 1, "it");
    happened(1, 1, What.INPUT_ENDED);
    wrote(1, 1, ",bye");
    ended(1, 1, "peer_closed", "PEER");

    assertEqual(polite);
  }

  @Test
  void bytesFromOutsideADrainAndACapComeAsTheyCame() throws Exception {
    open(1);
    given(0, 1, "a");
    wrote(0, 1, "a");
    records.add(new Bytes(SECOND, 1, Way.OUTSIDE, false, "b".getBytes(US_ASCII)));
    happened(1, 1, What.ASKED_TO_END);
    wrote(1, 1, "!b");
    ended(2, 1, "session_closed", "NODE");
    open(2);
    given(2, 2, "c");
    wrote(2, 2, "c");
    records.add(new Event(3 * SECOND, 2, What.DRAIN, 10 * SECOND));
    ended(3, 2, "session_closed", "NODE");
    open(3, true);
    given(3, 3, "d");
    wrote(3, 3, "full");
    ended(3, 3, "session_closed", "SESSION");

    assertEqual(of(Talk::new));
  }

  @Test
  void anotherEndIsADifferenceAndOneFromOutsideIsRepeated() throws Exception {
    open(1);
    given(0, 1, "a");
    ended(1, 1, "session_closed", "SESSION");
    open(2);
    given(1, 2, "b");
    wrote(1, 2, "b");
    ended(60, 2, "idle_timeout", "NODE");
    Of failing =
        of(
            talker ->
                new Talk(talker) {
                  @Override
                  void hear(String text) {
                    if (text.equals("a")) {
                      throw new IllegalStateException("not a");
                    }
                    super.hear(text);
                  }
                });

    assertThat(replay(failing, true))
        .containsExactly(
            new Difference(
                1, "its end", "session_closed", "protocol_error (session failed: not a)"));
  }

  @Test
  void ofASessionThatWasCutShortTheBeginningCounts() throws Exception {
    open(1);
    given(0, 1, "one");
    wrote(0, 1, "o");
    open(2);
    given(0, 2, "one");
    wrote(0, 2, "o");
    ended(0, 2, "peer_reset", "PEER");
    open(3);
    given(0, 3, "one");
    wrote(0, 3, "o");
    ended(0, 3, "session_closed", "SESSION");

    assertThat(replay(of(Talk::new), true))
        .containsExactly(new Difference(3, "byte 1 of its answers", "\"o\"", "\"one\""));
  }

  @Test
  void aProtocolIsStoppedAlsoWhereItCantStart() {
    List<String> heard = new ArrayList<>();
    CustomProtocolSubsystem failing =
        new CustomProtocolSubsystem() {
          @Override
          public String name() {
            return "TEST";
          }

          @Override
          public Session create(ConnId id, SessionWriter writer) {
            throw new AssertionError();
          }

          @Override
          public void start(NodeContext context) {
            heard.add("start");
            throw new IllegalStateException("no");
          }

          @Override
          public void stop() {
            heard.add("stop");
          }
        };
    open(1);

    assertThatThrownBy(() -> replay(failing, false)).hasMessage("no");
    assertThat(heard).containsExactly("start", "stop");
  }
}
