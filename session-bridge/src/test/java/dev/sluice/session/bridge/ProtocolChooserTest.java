// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.Execution;
import dev.sluice.api.ProtocolDetector;
import dev.sluice.api.rpc.RpcMap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProtocolChooserTest {

  private static final ProtocolDetector UNDECIDED =
      new ProtocolDetector() {
        @Override
        public int maxBytes() {
          return 8;
        }

        @Override
        public Detection detect(ByteBuf head) {
          return Detection.NEED_MORE;
        }
      };

  /** Without memory for a copy: that of the detector, or that which is kept until more has come. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void whatWasReadIsReleasedWhereThereIsNoMemoryToKeepIt(int buffers) {
    Bench bench = new Bench();
    Protocol asked = protocol(bench, "ASKED", UNDECIDED);
    Protocol fallback = protocol(bench, "FALLBACK", null);
    Endpoint endpoint =
        bench.connections.endpoint(
            new EndpointOptions(
                "shared",
                ProtocolChoice.of(List.of(asked, fallback), fallback),
                RpcMap.EMPTY,
                false,
                200,
                200,
                Bench.LIMITS));
    StreamBridge bridge =
        endpoint.accepted(endpoint.admit(null), bench.loop, new SimAllocator(buffers), bench);
    bridge.begin();
    bridge.registered();
    bridge.established(null);
    ByteBuf data = Unpooled.copiedBuffer("x", StandardCharsets.US_ASCII);

    assertThatThrownBy(() -> bridge.received(data)).isInstanceOf(OutOfMemoryError.class);

    assertThat(data.refCnt()).isZero();
    bridge.wireClosed();
    bridge.wireGone();
    bench.finish();
  }

  private static Protocol protocol(Bench bench, String name, ProtocolDetector detector) {
    return new Protocol(
        name,
        bench,
        Execution.EVENT_LOOP,
        false,
        List.of(),
        detector,
        detector == null ? 0 : 8,
        null,
        ProtocolChooserTest.class.getClassLoader());
  }
}
