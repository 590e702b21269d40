// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.netty.util.concurrent.PromiseCombiner;
import java.util.ArrayList;
import java.util.List;

/**
 * Ping-pong: each connection sends one message and the next only when the whole echo is back. Shows
 * what one read pass, from the kernel through the session and back, costs.
 */
final class EchoLoad extends Load {

  private final Connector connector;
  private final int port;
  private final int connections;
  private final ByteBuf message;
  private final List<Pinger> pingers = new ArrayList<>();

  EchoLoad(Connector connector, int port, int connections, int size) {
    super(connector.loop());
    this.connector = connector;
    this.port = port;
    this.connections = connections;
    this.message = pattern(size);
  }

  @Override
  Future<?> open() {
    Promise<Void> opened = loop().newPromise();
    PromiseCombiner all = new PromiseCombiner(loop());
    for (int i = 0; i < connections; i++) {
      Pinger pinger = new Pinger();
      pingers.add(pinger);
      all.add((Future<?>) connector.connect(port, pinger));
    }
    all.finish(opened);
    return opened;
  }

  @Override
  protected void begin() {
    for (Pinger pinger : pingers) {
      connectionBusy();
      pinger.start();
    }
  }

  private final class Pinger extends LoadHandler {

    private final EchoCheck check = new EchoCheck(message);

    Pinger() {
      super(EchoLoad.this);
    }

    void start() {
      ChannelHandlerContext ctx = context();
      ctx.writeAndFlush(message.duplicate(), ctx.voidPromise());
    }

    @Override
    protected void received(ChannelHandlerContext ctx, ByteBuf data) {
      if (!check.completedBy(data)) {
        return;
      }
      count(1, message.readableBytes());
      if (running()) {
        ctx.write(message.duplicate(), ctx.voidPromise());
      } else {
        connectionDry();
      }
    }
  }
}
