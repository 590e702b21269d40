// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Session;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Whatever foreign code throws, and where: nothing stays half done. */
class ForeignCodeTest {

  private static final class Thrown extends Error {
    private static final long serialVersionUID = 1;

    Thrown() {
      super("as the test wants");
    }
  }

  private final Bench bench = Bench.open();
  private final List<String> opener = new ArrayList<>();

  private StreamBridge opened(String failsAt) {
    ConnectionOpener failing =
        new ConnectionOpener() {
          @Override
          public void sessionMade(Session session) {
            hear("made");
          }

          @Override
          public void ended(Ending ending) {
            hear("ended " + ending.reason());
          }

          private void hear(String what) {
            opener.add(what);
            if (what.startsWith(failsAt)) {
              throw new Thrown();
            }
          }
        };
    StreamBridge bridge =
        bench.endpoint.opened(
            bench.endpoint.options(),
            failing,
            bench.endpoint.reserve(),
            bench.loop,
            UnpooledByteBufAllocator.DEFAULT,
            bench);
    bridge.begin();
    bridge.registered();
    bridge.established(null);
    return bridge;
  }

  /** The one of the bench is left. */
  private void assertOthersAreGone() {
    assertThat(bench.endpoint.unfinished()).isEqualTo(1);
    assertThat(bench.connections.remains()).isEqualTo(new Connections.Remains(1, 1, 1, 1, 0, 0, 0));
  }

  @Test
  void anOpenerThatFailsAtTheSessionCostsItsConnection() {
    StreamBridge bridge = opened("made");
    assertThat(bridge.ending().reason().code()).isEqualTo("protocol_error");
    bridge.wireClosed();
    bridge.wireGone();

    assertThat(bench.sessions.get(1).heard).containsExactly("closed protocol_error");
    assertThat(opener).containsExactly("made", "ended protocol_error");
    assertOthersAreGone();
  }

  @Test
  void anOpenerThatFailsAtTheEndKeepsNothing() {
    StreamBridge bridge = opened("ended");
    bridge.abort(Ending.DRAIN_DEADLINE);
    bridge.wireClosed();
    bridge.wireGone();

    assertThat(bench.sessions.get(1).heard).containsExactly("closed drain_deadline");
    assertThat(bench.endpoint.metrics().snapshot().errors()).containsEntry("internal", 1L);
    assertOthersAreGone();
  }

  @Test
  void aCompletionThatFailsKeepsNoOtherBack() {
    RecordingSession session = bench.session();
    session.reaction =
        what -> {
          if (what.equals("a true")) {
            throw new Thrown();
          }
        };
    session.writeTold("a", 10);
    session.writeTold("b", 10);
    bench.loop.runAll();
    bench.take();

    assertThat(session.heard).startsWith("a true", "b true");
    assertThat(bench.bridge.ending().reason().code()).isEqualTo("protocol_error");
    assertThat(bench.effects).containsExactly("endOutput");
    assertThat(bench.endpoint.metrics().snapshot().errors())
        .containsExactly(Map.entry("session", 1L));
    bench.bridge.outputEnded(true);
    bench.bridge.peerEnded();
    bench.finish();
    assertThat(bench.connections.remains()).isEqualTo(Connections.Remains.NOTHING);
  }
}
