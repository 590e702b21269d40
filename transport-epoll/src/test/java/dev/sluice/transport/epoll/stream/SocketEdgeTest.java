// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.ConnId;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import dev.sluice.api.Session;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.rpc.RpcMap;
import dev.sluice.session.bridge.BridgeOptions;
import dev.sluice.session.bridge.Connections;
import dev.sluice.session.bridge.Endpoint;
import dev.sluice.session.bridge.EndpointOptions;
import dev.sluice.session.bridge.Protocol;
import dev.sluice.session.bridge.ProtocolChoice;
import dev.sluice.session.bridge.StreamBridge;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.Ticker;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Records of TLS as a read brings them; nothing is encrypted here. */
class SocketEdgeTest {

  private static final byte[] DATA = {23, 3, 3, 0, 4, 1, 2, 3, 4};
  private static final byte[] ALERT = {21, 3, 3, 0, 2, 1, 0};

  /** For each read that went on: its bytes, and how many answers had left by then. */
  private final List<String> seen = new ArrayList<>();

  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final Connections connections =
      new Connections(
          new BridgeOptions(1 << 20, 1 << 20, 1 << 20, Duration.ofSeconds(60), 0),
          List.of(channel.eventLoop()),
          execution -> Runnable::run,
          Ticker.systemTicker(),
          InstantSource.system());

  private static final class Echo implements CustomProtocolSubsystem {
    @Override
    public String name() {
      return "ECHO";
    }

    @Override
    public Execution execution() {
      return Execution.EVENT_LOOP;
    }

    @Override
    public Session create(ConnId id, SessionWriter writer) {
      return new Session() {
        @Override
        public void handleIncomingData(ByteBuf data) {
          writer.writeOutbound(id, data.retain());
        }

        @Override
        public boolean sendData(ByteBuf data) {
          return false;
        }

        @Override
        public void closeSession() {}
      };
    }
  }

  private StreamBridge open() {
    Endpoint endpoint =
        connections.endpoint(
            new EndpointOptions(
                "edge",
                ProtocolChoice.only(Protocol.of(new Echo())),
                RpcMap.EMPTY,
                false,
                1,
                1,
                EndpointOptions.Limits.defaults()));
    ChannelWire wire = new ChannelWire(channel, channel.eventLoop(), false);
    StreamBridge bridge =
        endpoint.accepted(endpoint.admit(null), channel.eventLoop(), channel.alloc(), wire);
    wire.connect(bridge);
    bridge.begin();
    bridge.registered();
    bridge.established(null);
    channel.pipeline().addLast(new SocketEdge(wire));
    channel
        .pipeline()
        .addLast(
            new ChannelInboundHandlerAdapter() {
              @Override
              public void channelRead(ChannelHandlerContext ctx, Object message) {
                ByteBuf read = (ByteBuf) message;
                seen.add(read.readableBytes() + " " + channel.outboundMessages().size());
                read.release();
              }
            });
    channel.pipeline().addLast(ChannelWire.NAME, wire);
    return bridge;
  }

  private void assertAnswerLeavesBefore(byte[] read, String... expected) {
    StreamBridge bridge = open();
    // In a pass, so that the answer waits for its end.
    bridge.received(Unpooled.copiedBuffer(new byte[] {'a'}));
    assertThat(channel.outboundMessages()).isEmpty();

    // As a whole, since a pass of the channel's own would end this one.
    channel.pipeline().fireChannelRead(Unpooled.copiedBuffer(read));

    assertThat(seen).containsExactly(expected);
    channel.releaseOutbound();
    bridge.wireClosed();
    bridge.wireGone();
    assertThat(connections.remains()).isEqualTo(Connections.Remains.NOTHING);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void beforeAnAlertTheAnswerLeavesWhereverInTheReadItBegins(boolean behindData) {
    if (behindData) {
      byte[] both = Unpooled.copiedBuffer(DATA, ALERT).array();
      assertAnswerLeavesBefore(both, DATA.length + " 0", ALERT.length + " 1");
    } else {
      assertAnswerLeavesBefore(ALERT, ALERT.length + " 1");
    }
  }
}
