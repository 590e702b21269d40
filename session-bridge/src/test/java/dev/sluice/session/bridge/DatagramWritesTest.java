// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** Datagrams of a session on their way to the socket. */
class DatagramWritesTest {

  @Test
  void aBufferThatIsReleasedWhileItWaitsForTheLoopIsTheSessionsFault() {
    DatagramBench bench = new DatagramBench(1);
    RecordingSession session = bench.session(0);
    session.heard.clear();
    ByteBuf data = Unpooled.copiedBuffer(new byte[] {1});
    AtomicBoolean accepted = new AtomicBoolean();
    bench
        .loop()
        .elsewhere(
            () ->
                accepted.set(
                    session.writer.writeOutbound(
                        session.id, data, written -> session.heard.add("told " + written))));
    data.release();

    bench.loop().runAll();

    assertThat(accepted).isTrue();
    assertThat(session.heard).containsExactly("told false", "closed protocol_error");
    assertThat(bench.peer(0).endpoint().metrics().snapshot().errors()).containsEntry("session", 1L);
    bench.finish();
  }
}
