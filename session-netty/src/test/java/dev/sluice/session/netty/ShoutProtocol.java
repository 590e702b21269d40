// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.netty;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.LineBasedFrameDecoder;
import io.netty.handler.codec.string.StringDecoder;
import io.netty.handler.codec.string.StringEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Every line comes back louder, by Netty's own handlers. */
public final class ShoutProtocol extends PipelineProtocol {

  @Override
  public String name() {
    return "SHOUT";
  }

  @Override
  protected void initChannel(SessionChannel channel) {
    channel
        .pipeline()
        .addLast(
            new LineBasedFrameDecoder(1024),
            new StringDecoder(StandardCharsets.ISO_8859_1),
            new StringEncoder(StandardCharsets.ISO_8859_1),
            new SimpleChannelInboundHandler<String>() {
              @Override
              protected void channelRead0(ChannelHandlerContext ctx, String line) {
                ctx.write(line.toUpperCase(Locale.ROOT) + "!\n");
              }

              @Override
              public void channelReadComplete(ChannelHandlerContext ctx) {
                ctx.flush();
              }

              @Override
              public void channelWritabilityChanged(ChannelHandlerContext ctx) {
                ctx.channel().config().setAutoRead(ctx.channel().isWritable());
              }
            });
  }
}
