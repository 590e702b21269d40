// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.Future;

/**
 * New connections: connect, handshake, one echo, close; the next when the last is closed. Shows
 * what accept, TLS state, session set-up and clean-up cost together.
 */
final class HandshakeLoad extends Load {

  private final Connector connector;
  private final int port;
  private final int atOnce;
  private final ByteBuf message;

  HandshakeLoad(Connector connector, int port, int atOnce, int size) {
    super(connector.loop());
    this.connector = connector;
    this.port = port;
    this.atOnce = atOnce;
    this.message = pattern(size);
  }

  @Override
  Future<?> open() {
    return loop().newSucceededFuture(null);
  }

  @Override
  protected void begin() {
    for (int i = 0; i < atOnce; i++) {
      connectionBusy();
      next();
    }
  }

  private void next() {
    connector
        .connect(port, new OneEcho())
        .addListener(
            (Future<Channel> ready) -> {
              if (ready.isSuccess()) {
                ready.getNow().writeAndFlush(message.duplicate());
              } else {
                fail(ready.cause());
              }
            });
  }

  private final class OneEcho extends LoadHandler {

    private final EchoCheck check = new EchoCheck(message);
    private boolean answered;

    OneEcho() {
      super(HandshakeLoad.this);
    }

    @Override
    protected void received(ChannelHandlerContext ctx, ByteBuf data) {
      if (check.completedBy(data)) {
        answered = true;
        count(1, message.readableBytes());
        ctx.close();
      }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      if (!answered) {
        super.channelInactive(ctx);
      } else if (running()) {
        next();
      } else {
        connectionDry();
      }
    }
  }
}
