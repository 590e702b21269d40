// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

/** The marks of {@link StreamOutput}: high at 1000 bytes, hard at 4000, reads pause between. */
class StreamOutputTest {

  private final Bench bench = Bench.open();
  private final RecordingSession session = bench.session();

  private boolean writable() {
    return session.writer.isWritable(session.id);
  }

  @Test
  void upToTheHighMarkItIsWritable() {
    session.write(1000);

    assertThat(writable()).isTrue();
    assertThat(session.heard).isEmpty();
  }

  @Test
  void aboveTheHighMarkItIsNotAndFromHalfOfItAgain() {
    bench.full = true;
    session.write(1001);
    assertThat(writable()).isFalse();
    assertThat(session.heard).containsExactly("writable false");

    bench.loop.runAll();
    bench.bridge.taken(500);
    assertThat(writable()).isFalse();

    bench.bridge.taken(501);
    assertThat(writable()).isTrue();
    assertThat(session.heard).containsExactly("writable false", "writable true");
  }

  @Test
  void itIsToldOfTheMarkOnceTheBytesAreQueued() {
    session.reaction =
        what -> {
          if (what.equals("writable false")) {
            assertThat(bench.bridge.output().queued()).isEqualTo(1001);
          }
        };

    session.write(1001);

    assertThat(session.heard).containsExactly("writable false");
  }

  @Test
  void whatOtherThreadsHandOverCountsAtOnce() {
    bench.loop.elsewhere(
        () -> {
          session.write(1001);
          assertThat(writable()).isFalse();
        });
    bench.loop.runAll();
    bench.take();
    bench.loop.runAll();

    // What came and went is told once.
    assertThat(session.heard).endsWith("writable true");
    assertThat(bench.bridge.figures().queuedOut()).isZero();
  }

  /** It was let in just before our side ended, and comes to the loop just behind. */
  @Test
  void aWriteThatComesBehindTheEndOfOurSideLeavesNothingInTheBudget() {
    session.write(10);
    bench.loop.runAll();
    assertThat(bench.bridge.shutdownOutput()).isTrue();
    bench.loop.elsewhere(
        () -> assertThat(bench.bridge.write(Unpooled.buffer().writeZero(20_000), null)).isTrue());
    bench.take();
    assertThat(bench.effects).containsExactly("endOutput");
    bench.loop.runAll();

    assertThat(bench.connections.outboundQueued()).isZero();
    assertThat(bench.bridge.gone()).isFalse();
  }

  @Test
  void aWriteThatFindsMoreThanTheHardMarkEndsTheConnection() {
    bench.full = true;
    session.write(4000);
    assertThat(session.write(1)).isTrue();
    assertThat(bench.effects).doesNotContain("abort");

    assertThat(session.write(1)).isFalse();

    assertThat(bench.effects).contains("abort");
    assertThat(bench.bridge.ending()).isEqualTo(Ending.CONNECTION_OUTPUT);
  }

  @Test
  void wellBeforeTheHardMarkReadsRestUntilThereIsRoom() {
    bench.full = true;
    session.write(2000);
    assertThat(bench.effects).isEmpty();

    session.write(1);
    assertThat(bench.effects).containsExactly("reads false");

    bench.loop.runAll();
    bench.bridge.taken(1501);
    assertThat(bench.effects).containsExactly("reads false", "reads true");
  }

  @Test
  void completionsFollowTheOrderOfTheWritesAlsoOfEmptyOnes() {
    session.writeTold("a", 10);
    session.writeTold("b", 0);
    session.writeTold("c", 10);
    assertThat(session.heard).isEmpty();

    bench.loop.runAll();
    bench.bridge.taken(10);
    assertThat(session.heard).containsExactly("a true", "b true");

    bench.bridge.taken(20);
    assertThat(session.heard).containsExactly("a true", "b true", "c true");
  }

  @Test
  void anEmptyWriteWithNothingBeforeItCompletesAtOnce() {
    session.writeTold("a", 0);

    assertThat(session.heard).containsExactly("a true");
  }

  @Test
  void whatTheKernelNeverTakesIsToldSoBeforeTheEnd() {
    session.writeTold("a", 10);
    session.writeTold("b", 10);
    bench.loop.runAll();
    bench.bridge.taken(10);
    bench.bridge.abort(Ending.DRAIN_DEADLINE);
    bench.finish();

    assertThat(session.heard).containsExactly("a true", "b false", "closed drain_deadline");
    assertThat(bench.connections.remains()).isEqualTo(Connections.Remains.NOTHING);
  }

  @Test
  void aBufferThatWasFreedBehindOurBackCostsThisConnectionOnly() {
    ByteBuf data = Unpooled.buffer(10).writeZero(10);
    session.writer.writeOutbound(session.id, data);
    data.release();

    bench.loop.runAll();

    assertThat(bench.effects).contains("abort");
    assertThat(bench.bridge.ending().reason().code()).isEqualTo("protocol_error");
    bench.finish();
    assertThat(bench.connections.remains()).isEqualTo(Connections.Remains.NOTHING);
  }

  @Test
  void aFullWireIsGivenMoreWhenItTakesMore() {
    bench.full = true;
    session.writeTold("a", 10);
    bench.loop.runAll();
    bench.take();
    assertThat(session.heard).isEmpty();

    bench.full = false;
    bench.bridge.takesMore();
    bench.take();

    assertThat(session.heard).containsExactly("a true");
  }

  /** The loop takes over what another thread has written: at no moment are there twice as many. */
  @Test
  void whatIsTakenOverIsNotCountedTwiceForAMoment() {
    bench.full = true;
    bench.onEffect =
        () ->
            bench.loop.elsewhere(
                () -> {
                  assertThat(bench.bridge.output().queued()).isEqualTo(2500);
                  assertThat(session.write(1)).isTrue();
                });
    bench.loop.elsewhere(() -> session.write(2500));

    bench.loop.runAll();

    assertThat(bench.effects).containsExactly("reads false");
    assertThat(bench.bridge.closeRequested()).isFalse();
  }

  private ByteBuf written() {
    ByteBuf data = Unpooled.buffer(20).writeZero(10);
    assertThat(session.writer.writeOutbound(session.id, data)).isTrue();
    return data;
  }

  private void assertBrokenOff() {
    bench.loop.runAll();
    assertThat(bench.effects).containsExactly("abort");
    assertThat(bench.bridge.endpoint().metrics().snapshot().errors()).containsEntry("session", 1L);
    bench.finish();
    assertThat(bench.connections.remains()).isEqualTo(Connections.Remains.NOTHING);
  }

  /** An orderly end would say that all has arrived. */
  @Test
  void behindABufferThatWasFreedNoEndIsSent() {
    written().release();

    session.writer.closeSocket(session.id);

    assertBrokenOff();
  }

  @Test
  void norIsOurSideShutBehindIt() {
    written().release();

    assertThat(session.writer.shutdownOutput(session.id)).isTrue();

    assertBrokenOff();
  }

  @Test
  void aBufferThatBecameShorterDoesNotMakeTheCloseWaitForItsBytes() {
    written().writerIndex(4);

    session.writer.closeSocket(session.id);

    assertBrokenOff();
  }

  @Test
  void nothingIsSentThatWasPutIntoABufferBehindItsWrite() {
    written().writeZero(5);

    session.writer.closeSocket(session.id);

    assertBrokenOff();
  }
}
