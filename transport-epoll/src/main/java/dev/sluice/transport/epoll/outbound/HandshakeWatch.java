// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.outbound;

import dev.sluice.api.CloseReason;
import dev.sluice.session.bridge.Ending;
import dev.sluice.session.bridge.StreamBridge;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.Objects;

/**
 * Between TLS and an outbound connection until the handshake is over: tells the attempt why it
 * failed, and lets no session come to be with a peer that has not chosen a protocol.
 */
final class HandshakeWatch extends ChannelInboundHandlerAdapter {

  private final OutboundHandover<?> handover;
  private final StreamBridge connection;
  private final boolean alpnRequired;

  HandshakeWatch(OutboundHandover<?> handover, StreamBridge connection, boolean alpnRequired) {
    this.handover = handover;
    this.connection = connection;
    this.alpnRequired = alpnRequired;
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (!(event instanceof SslHandshakeCompletionEvent handshake)) {
      ctx.fireUserEventTriggered(event);
      return;
    }
    if (!handshake.isSuccess()) {
      handover.handshakeFailed(Objects.requireNonNull(handshake.cause()));
    } else if (alpnRequired && ctx.pipeline().get(SslHandler.class).applicationProtocol() == null) {
      handover.notChosen();
      connection.close(Ending.of(CloseReason.NO_APPLICATION_PROTOCOL));
      return;
    }
    ctx.fireUserEventTriggered(event);
    ctx.pipeline().remove(this);
  }
}
