// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks.rawecho;

import dev.sluice.session.netty.PipelineProtocol;
import dev.sluice.session.netty.SessionChannel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** The protocol {@code HOSTED_ECHO}: as {@link RawEcho}, by a handler in a hosted pipeline. */
public final class HostedEcho extends PipelineProtocol {

  @Override
  public String name() {
    return "HOSTED_ECHO";
  }

  @Override
  protected void initChannel(SessionChannel channel) {
    channel.pipeline().addLast(new Echo());
  }

  private static final class Echo extends ChannelInboundHandlerAdapter {

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ctx.write(message, ctx.voidPromise());
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      ctx.flush();
    }
  }
}
