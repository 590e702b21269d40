// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.rpc.RpcMap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.netty.util.concurrent.Ticker;
import java.net.SocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Bytes from outside on their way through a session. */
class RepliesTest {

  private final List<String> calls = new ArrayList<>();
  private final StreamBridge bridge = open();

  @Test
  void anEmptyBufferThatCountsNoReferencesIsNoFault() {
    assertThat(bridge.reply(Unpooled.EMPTY_BUFFER, true)).isTrue();
    assertThat(calls).containsExactly("sendData 0", "closeSession");
    assertThat(bridge.closeRequested()).isFalse();
  }

  @Test
  void aBorrowedBufferIsReleasedBehindTheCall() {
    ByteBuf data = Unpooled.copiedBuffer(new byte[3]);
    assertThat(bridge.reply(data, false)).isTrue();
    assertThat(calls).containsExactly("sendData 3");
    assertThat(data.refCnt()).isZero();
    assertThat(bridge.closeRequested()).isFalse();
  }

  private StreamBridge open() {
    ImmediateEventExecutor loop = ImmediateEventExecutor.INSTANCE;
    Connections connections =
        new Connections(
            new BridgeOptions(1 << 20, 1 << 20, 1 << 20, Duration.ofSeconds(60), 0),
            List.of(loop),
            execution -> loop,
            Ticker.systemTicker(),
            InstantSource.system());
    Endpoint endpoint =
        connections.endpoint(
            new EndpointOptions(
                "test",
                ProtocolChoice.only(Protocol.of(new Told())),
                RpcMap.EMPTY,
                false,
                1,
                1,
                EndpointOptions.Limits.defaults()));
    Admission.Place place = endpoint.reserve();
    assertThat(place).isNotNull();
    StreamBridge opened =
        endpoint.accepted(place, loop, UnpooledByteBufAllocator.DEFAULT, new NoWire());
    opened.begin();
    opened.registered();
    opened.established(null);
    return opened;
  }

  private final class Told implements CustomProtocolSubsystem {
    @Override
    public String name() {
      return "TOLD";
    }

    @Override
    public Execution execution() {
      return Execution.EVENT_LOOP;
    }

    @Override
    public boolean speaksFirst() {
      return true;
    }

    @Override
    public Session create(ConnId id, SessionWriter writer) {
      return new Session() {
        @Override
        public void handleIncomingData(ByteBuf data) {}

        @Override
        public boolean sendData(ByteBuf data) {
          calls.add("sendData " + data.readableBytes());
          return true;
        }

        @Override
        public void closeSession() {
          calls.add("closeSession");
        }
      };
    }
  }

  private static final class NoWire implements StreamWire {
    @Override
    public boolean takesMore() {
      return true;
    }

    @Override
    public void write(ByteBuf data, long mark) {
      data.release();
    }

    @Override
    public void flush() {}

    @Override
    public void reads(boolean wanted) {}

    @Override
    public void endOutput() {}

    @Override
    public void close() {}

    @Override
    public void abort() {}

    @Override
    public boolean progressed() {
      return false;
    }

    @Override
    public @Nullable SocketAddress localAddress() {
      return null;
    }

    @Override
    public @Nullable SocketAddress remoteAddress() {
      return null;
    }
  }
}
