// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

/** Bytes from outside on their way through a session. */
class RepliesTest {

  private final Bench bench = Bench.open();
  private final RecordingSession session = bench.session();

  private boolean reply(ByteBuf data, boolean terminate) {
    return bench.connections.reply(session.id, terminate, data);
  }

  @Test
  void aBorrowedBufferIsReleasedBehindTheCall() {
    ByteBuf data = Unpooled.copiedBuffer(new byte[3]);
    assertThat(reply(data, false)).isTrue();
    assertThat(session.heard).containsExactly("sendData 3");
    assertThat(data.refCnt()).isZero();
    assertThat(bench.bridge.closeRequested()).isFalse();
  }

  @Test
  void toTheEndOfAStreamNothingIsSentButTheWordToEnd() {
    ByteBuf empty = Unpooled.buffer(1);
    assertThat(reply(empty, true)).isTrue();
    assertThat(session.heard).containsExactly("closeSession");
    assertThat(empty.refCnt()).isZero();
    assertThat(bench.bridge.closeRequested()).isFalse();
  }

  @Test
  void aStreamHasNoUseForNothing() {
    ByteBuf empty = Unpooled.buffer(1);
    assertThat(reply(empty, false)).isTrue();
    assertThat(session.heard).isEmpty();
    assertThat(empty.refCnt()).isZero();
  }

  /** The constant counts no references, and is lent as any other. */
  @Test
  void anEmptyDatagramIsADatagramAndNoFault() {
    DatagramBench datagrams = new DatagramBench(1);
    RecordingSession peer = datagrams.session(0);
    peer.heard.clear();
    assertThat(datagrams.reply(0, true, Unpooled.EMPTY_BUFFER)).isTrue();
    assertThat(peer.heard).containsExactly("sendData 0", "closeSession");
    assertThat(datagrams.peer(0).closeRequested()).isFalse();
    datagrams.finish();
  }
}
