// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the connections of all loads share: one flush a read pass, and no error goes unheard. */
abstract class LoadHandler extends ChannelInboundHandlerAdapter {

  private final Load load;
  private @Nullable ChannelHandlerContext context;

  LoadHandler(Load load) {
    this.load = load;
  }

  /** Takes what came back; the caller releases it. Writes need no flush. */
  protected abstract void received(ChannelHandlerContext ctx, ByteBuf data);

  /** This handler's place in its connection; to be called once that is open. */
  protected final ChannelHandlerContext context() {
    return Objects.requireNonNull(context);
  }

  @Override
  public final void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  @Override
  public final void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf data = (ByteBuf) message;
    try {
      received(ctx, data);
    } finally {
      data.release();
    }
  }

  @Override
  public final void channelReadComplete(ChannelHandlerContext ctx) {
    ctx.flush();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    load.fail(new IllegalStateException("the server closed " + ctx.channel()));
  }

  @Override
  public final void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    load.fail(cause);
    ctx.close();
  }
}
