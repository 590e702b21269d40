// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.redis.ArrayRedisMessage;
import io.netty.handler.codec.redis.ErrorRedisMessage;
import io.netty.handler.codec.redis.FullBulkStringRedisMessage;
import io.netty.handler.codec.redis.RedisArrayAggregator;
import io.netty.handler.codec.redis.RedisBulkStringAggregator;
import io.netty.handler.codec.redis.RedisDecoder;
import io.netty.handler.codec.redis.RedisEncoder;
import io.netty.handler.codec.redis.RedisMessage;
import io.netty.handler.codec.redis.SimpleStringRedisMessage;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The yardstick for Redis: Netty's codec around a map, without expiry, types, bounds or an account
 * of memory. There is one loop, so that the map needs no lock.
 */
public final class NettyRedisServer {

  private NettyRedisServer() {}

  /** Options as those of {@link NettyEchoServer}. */
  public static void main(String[] args) throws Exception {
    Map<String, byte[]> values = new HashMap<>();
    NettyEchoServer.serve(args, pipeline -> addHandlers(pipeline, values));
  }

  private static void addHandlers(ChannelPipeline pipeline, Map<String, byte[]> values) {
    pipeline.addLast(
        new RedisDecoder(),
        new RedisBulkStringAggregator(),
        new RedisArrayAggregator(8, 2),
        new RedisEncoder(),
        new Store(values));
  }

  private static final class Store extends SimpleChannelInboundHandler<ArrayRedisMessage> {

    private static final RedisMessage OK = new SimpleStringRedisMessage("OK");

    private final Map<String, byte[]> values;

    Store(Map<String, byte[]> values) {
      this.values = values;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, ArrayRedisMessage command) {
      ctx.write(answer(command));
    }

    private RedisMessage answer(ArrayRedisMessage command) {
      return switch (word(command, 0).toLowerCase(Locale.ROOT)) {
        case "get" -> {
          byte[] value = values.get(word(command, 1));
          yield value == null
              ? FullBulkStringRedisMessage.NULL_INSTANCE
              : new FullBulkStringRedisMessage(Unpooled.wrappedBuffer(value));
        }
        case "set" -> {
          values.put(word(command, 1), ByteBufUtil.getBytes(bulk(command, 2).content()));
          yield OK;
        }
        default -> new ErrorRedisMessage("ERR unknown command");
      };
    }

    private static FullBulkStringRedisMessage bulk(ArrayRedisMessage command, int index) {
      return (FullBulkStringRedisMessage) command.children().get(index);
    }

    private static String word(ArrayRedisMessage command, int index) {
      return bulk(command, index).content().toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      ctx.flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }
}
