// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who hears a session hears all of it, in its order, and does nothing to its connection. */
class SessionTapTest {

  /** Writes down what it hears. */
  private static final class Recorder implements SessionTap, SessionTaps {
    final List<String> heard = new ArrayList<>();
    String failsAt = "never";
    String enoughAt = "never";

    private boolean hear(long at, String what) {
      heard.add(at / 1_000_000 + " " + what);
      if (what.startsWith(failsAt)) {
        throw new AssertionError("as the test wants");
      }
      return !what.startsWith(enoughAt);
    }

    @Override
    public SessionTap tap(Opening opening, long at) {
      hear(at, "opened " + opening.interfaceName() + " " + opening.protocol().name());
      return this;
    }

    @Override
    public boolean delivered(long at, ByteBuf data) {
      return hear(at, "delivered " + data.toString(StandardCharsets.US_ASCII));
    }

    @Override
    public boolean outside(long at, ByteBuf data) {
      return hear(at, "outside " + data.readableBytes());
    }

    @Override
    public boolean written(long at, ByteBuf data) {
      return hear(at, "written " + data.readableBytes());
    }

    @Override
    public boolean event(long at, Event what, long amount) {
      return hear(at, what + " " + amount);
    }

    @Override
    public void ended(long at, Ending ending) {
      hear(at, "ended " + ending.reason());
    }

    @Override
    public void failed(Throwable thrown) {
      heard.add("failed " + thrown.getMessage());
    }
  }

  private final Recorder recorder = new Recorder();

  private Bench open() {
    Bench bench = new Bench();
    bench.connections.tapBy(recorder);
    bench.bridge.established(null);
    return bench;
  }

  private static void end(Bench bench) {
    bench.bridge.outputEnded(true);
    bench.bridge.peerEnded();
    bench.finish();
    assertThat(bench.connections.remains()).isEqualTo(Connections.Remains.NOTHING);
  }

  @Test
  void whatASessionIsGivenAndWhatItAsksForIsHeardInOrder() {
    Bench bench = open();
    RecordingSession session = bench.session();
    session.reaction =
        what -> {
          if (what.startsWith("data")) {
            session.writer.hold(session.id, 5);
            session.write(10);
          }
        };
    bench.receive("hello");
    session.writer.pauseReads(session.id);
    session.writer.resumeReads(session.id);
    session.writer.consumed(session.id, 5);
    bench.connections.reply(session.id, true, Unpooled.buffer(3).writeZero(3));
    session.writer.closeSocket(session.id);
    end(bench);

    assertThat(recorder.heard)
        .containsExactly(
            "0 opened bench BENCH",
            "0 delivered hello",
            "0 HELD 5",
            "0 written 10",
            "0 PASS_COMPLETE 0",
            "0 PAUSED 0",
            "0 RESUMED 0",
            "0 CONSUMED 5",
            "0 outside 3",
            "0 ASKED_TO_END 0",
            "0 CLOSE_ASKED 0",
            "0 ended session_closed");
  }

  @Test
  void theEndOfInputADrainAndWritabilityAreHeard() {
    Bench bench = open();
    bench.session().write(1001);
    bench.loop.runAll();
    bench.take();
    bench.loop.runAll();
    bench.endpoint.drain(Duration.ofSeconds(4), Duration.ZERO);
    bench.bridge.peerEnded();
    bench.session().writer.shutdownOutput(bench.session().id);
    bench.session().writer.abort(bench.session().id, CloseReason.SESSION_ABORTED);
    bench.finish();

    assertThat(recorder.heard)
        .containsExactly(
            "0 opened bench BENCH",
            "0 written 1001",
            "0 NOT_WRITABLE 0",
            "0 WRITABLE 0",
            "0 DRAIN 4000000000",
            "0 INPUT_ENDED 0",
            "0 OUTPUT_SHUT 0",
            "0 ABORT_ASKED 0",
            "0 ended session_aborted");
  }

  @Test
  void aWriteOfAnotherThreadIsHeardInTheOrderOfTheWireWithTheTimeOfTheSession() {
    Bench bench = open();
    bench.loop.advance(Duration.ofMillis(5).toNanos());
    bench.loop.elsewhere(() -> bench.session().write(7));
    bench.loop.advance(Duration.ofMillis(5).toNanos());
    bench.receive("x");
    bench.session().write(8);
    bench.loop.runAll();
    bench.session().writer.closeSocket(bench.session().id);
    bench.take();
    end(bench);

    assertThat(recorder.heard)
        .containsSubsequence("10 delivered x", "5 written 7", "10 written 8")
        .endsWith("10 ended session_closed");
  }

  @Test
  void whatATapThrowsEndsTheHearingAndNothingElse() {
    recorder.failsAt = "delivered";
    Bench bench = open();
    bench.receive("one");
    bench.receive("two");
    bench.session().writer.closeSocket(bench.session().id);
    end(bench);

    assertThat(recorder.heard)
        .containsExactly("0 opened bench BENCH", "0 delivered one", "failed as the test wants");
    assertThat(bench.session().heard)
        .containsExactly("data one", "data two", "closed session_closed");
    assertThat(bench.endpoint.metrics().snapshot().errors()).containsEntry("internal", 1L);
  }

  @Test
  void aChoiceThatFailsIsANo() {
    recorder.failsAt = "opened";
    Bench bench = open();
    bench.receive("one");

    assertThat(recorder.heard).containsExactly("0 opened bench BENCH");
    assertThat(bench.session().heard).containsExactly("data one");
    bench.session().writer.closeSocket(bench.session().id);
    end(bench);
  }

  @Test
  void whoHasHeardEnoughHearsNoMoreAndNeitherDoesWhoCameLate() {
    recorder.enoughAt = "delivered";
    Bench bench = open();
    bench.receive("one");
    bench.receive("two");
    assertThat(recorder.heard).containsExactly("0 opened bench BENCH", "0 delivered one");
    bench.session().writer.closeSocket(bench.session().id);
    end(bench);

    Bench late = Bench.open();
    late.connections.tapBy(recorder);
    recorder.heard.clear();
    late.receive("one");
    late.session().writer.closeSocket(late.session().id);
    end(late);
    assertThat(recorder.heard).isEmpty();
  }

  @Test
  void datagramsAreHeardAlsoTheEmptyOne() {
    DatagramBench bench = new DatagramBench(1);
    bench.endpoint().connections().tapBy(recorder);
    bench.session(0).writer.closeSocket(bench.session(0).id);
    bench.finish();
    assertThat(recorder.heard).isEmpty();

    DatagramBench heard =
        new DatagramBench(
            1,
            of -> {
              of.endpoint().connections().tapBy(recorder);
              return new DatagramOutput(
                  of.endpoint(), of.options(), new DatagramPass(of.endpoint()), of);
            });
    heard.session(0).write(0);
    heard.session(0).write(12);
    heard.finish();

    assertThat(recorder.heard)
        .startsWith("0 opened bench BENCH", "0 delivered \0", "0 PASS_COMPLETE 0")
        .containsSubsequence("0 written 0", "0 written 12");
  }
}
