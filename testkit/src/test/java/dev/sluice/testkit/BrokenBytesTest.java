// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import static dev.sluice.testkit.BrokenSessions.caught;
import static dev.sluice.testkit.BrokenSessions.check;

import dev.sluice.api.ConnId;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.testkit.BrokenSessions.Lines;
import dev.sluice.testkit.BrokenSessions.Raw;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/** The rules catch what a session does wrong with its bytes and buffers. */
class BrokenBytesTest {

  @Test
  void rightSessionsPass() {
    BiFunction<ConnId, SessionWriter, Session> make = Lines::new;
    check(make, SessionContract::answersTheScript);
    check(make, SessionContract::answersTheSameAtEverySplit);
    check(make, SessionContract::answersTheSameOneByteAtATime);
    check(make, SessionContract::answersTheSameAllAtOnce);
    check(make, SessionContract::answersTheSameInPassesOfAnySize);
    check(make, SessionContract::slowReaderGetsEverything);
    check(make, SessionContract::endsWhenAsked);
    check(make, SessionContract::bearsAResetAtEveryByte);
    check(make, SessionContract::answersAPeerThatEndedItsSide);
    check(make, SessionContract::endsWhenDrained);
    check(make, SessionContract::refusesACappedConnection);
    check(make, SessionContract::releasesEverythingAtTheEnd);
    check(make, SessionContract::takesOrRefusesBytesFromOutside);
    check(make, SessionContract::holdsNothingWhenAllIsAnswered);
    check(make, SessionContract::sessionsShareNothing);
    check(make, SessionContract::heedsBackpressure);
    check(make, SessionContract::holdsOnThreads);
  }

  @Test
  void wrongAnswer() {
    caught(
        (id, writer) ->
            new Lines(id, writer) {
              @Override
              void line(ByteBuf line) {
                send(line.setByte(0, 'x'));
              }
            },
        SessionContract::answersTheScript,
        "but got \"xne\\n\"");
  }

  /** Takes a read for a message. */
  private static final class ReadIsMessage extends Raw {
    ReadIsMessage(ConnId id, SessionWriter writer) {
      super(id, writer);
    }

    @Override
    public void handleIncomingData(ByteBuf data) {
      if (data.getByte(data.writerIndex() - 1) == '\n') {
        super.handleIncomingData(data);
      }
    }
  }

  @Test
  void dependsOnSplits() {
    check(ReadIsMessage::new, SessionContract::answersTheScript);
    caught(ReadIsMessage::new, SessionContract::answersTheSameAtEverySplit, "split before byte");
    caught(ReadIsMessage::new, SessionContract::answersTheSameOneByteAtATime, "but got");
    caught(ReadIsMessage::new, SessionContract::answersTheSameInPassesOfAnySize, "but got");
  }

  @Test
  void parsesOneMessageARead() {
    BiFunction<ConnId, SessionWriter, Session> make =
        (id, writer) ->
            new Raw(id, writer) {
              @Override
              public void handleIncomingData(ByteBuf data) {
                int length = data.bytesBefore((byte) '\n');
                writer.writeOutbound(id, data.readBytes(length < 0 ? 0 : length + 1));
              }
            };
    check(make, SessionContract::answersTheScript);
    caught(make, SessionContract::answersTheSameAllAtOnce, "in one buffer");
  }

  /** Remembers the borrowed buffer as it is, or a view of its memory. */
  private static final class Keeps extends Raw {
    private final boolean view;
    private final Deque<Object> kept = new ArrayDeque<>();

    Keeps(ConnId id, SessionWriter writer, boolean view) {
      super(id, writer);
      this.view = view;
    }

    @Override
    public void handleIncomingData(ByteBuf data) {
      boolean end = data.getByte(data.writerIndex() - 1) == '\n';
      kept.add(view ? data.nioBuffer() : data);
      while (end && !kept.isEmpty()) {
        Object part = kept.remove();
        writer.writeOutbound(
            id,
            part instanceof ByteBuf buffer
                ? Unpooled.copiedBuffer(buffer)
                : Unpooled.copiedBuffer((ByteBuffer) part));
      }
    }
  }

  @Test
  void usesABorrowedBufferAfterTheCall() {
    caught(
        (id, writer) -> new Keeps(id, writer, false),
        SessionContract::answersTheSameOneByteAtATime,
        "handleIncomingData threw");
  }

  @Test
  void usesTheMemoryOfABorrowedBufferAfterTheCall() {
    BiFunction<ConnId, SessionWriter, Session> heapOnly =
        (id, writer) -> {
          int[] calls = {0};
          Keeps keeps = new Keeps(id, writer, true);
          return new Raw(id, writer) {
            @Override
            public void handleIncomingData(ByteBuf data) {
              // Views of direct memory that was freed would crash the test and not fail it.
              ByteBuf heap = data.isDirect() ? Unpooled.copiedBuffer(data) : data;
              keeps.handleIncomingData(heap);
              calls[0]++;
            }
          };
        };
    caught(heapOnly, SessionContract::answersTheSameOneByteAtATime, "\\xdb");
  }

  @Test
  void releasesWhatItBorrowed() {
    caught(
        (id, writer) ->
            new Raw(id, writer) {
              @Override
              public void handleIncomingData(ByteBuf data) {
                writer.writeOutbound(id, data.copy());
                data.release();
              }
            },
        SessionContract::answersTheScript,
        "a borrowed buffer was released");
  }

  @Test
  void neverReleasesWhatItRetained() {
    BiFunction<ConnId, SessionWriter, Session> make =
        (id, writer) ->
            new Raw(id, writer) {
              @Override
              public void handleIncomingData(ByteBuf data) {
                super.handleIncomingData(data.retain());
              }
            };
    caught(make, SessionContract::bearsAResetAtEveryByte, "owner(s) left");
    caught(
        make,
        SessionContract::bearsAResetAtEveryByte,
        "retained at dev.sluice.testkit.BrokenBytesTest$");
    caught(make, SessionContract::bearsAResetAtEveryByte, "lent to the session by the node");
    caught(make, SessionContract::releasesEverythingAtTheEnd, "owner(s) left");
  }

  @Test
  void leavesItsOwnBufferAtTheEnd() {
    caught(
        (id, writer) ->
            new Lines(id, writer) {
              private final ByteBuf scratch = writer.context(id).allocator().buffer(8);

              @Override
              void line(ByteBuf line) {
                scratch.clear();
                super.line(line);
              }
            },
        SessionContract::bearsAResetAtEveryByte,
        "allocated at dev.sluice.testkit.BrokenBytesTest");
  }

  @Test
  void changesWhatItHasWritten() {
    caught(
        (id, writer) ->
            new Lines(id, writer) {
              private final byte[] reused = new byte[1_000];

              @Override
              void line(ByteBuf line) {
                int length = line.readableBytes();
                line.readBytes(reused, 0, length).release();
                send(Unpooled.wrappedBuffer(reused, 0, length));
              }
            },
        SessionContract::slowReaderGetsEverything,
        "were changed after it was written");
  }

  @Test
  void forgetsToGoOnWhenWritableAgain() {
    BiFunction<ConnId, SessionWriter, Session> make =
        (id, writer) ->
            new Lines(id, writer) {
              @Override
              void line(ByteBuf line) {
                super.line(line);
                if (!writer.isWritable(id)) {
                  writer.pauseReads(id);
                }
              }

              @Override
              public void writabilityChanged(boolean writable) {}
            };
    check(make, SessionContract::answersTheSameAtEverySplit);
    caught(make, SessionContract::slowReaderGetsEverything, "at a time");
  }
}
