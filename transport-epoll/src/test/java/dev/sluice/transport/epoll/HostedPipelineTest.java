// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.session.netty.PipelineProtocol;
import dev.sluice.session.netty.SessionChannel;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.redis.ArrayRedisMessage;
import io.netty.handler.codec.redis.FullBulkStringRedisMessage;
import io.netty.handler.codec.redis.RedisArrayAggregator;
import io.netty.handler.codec.redis.RedisBulkStringAggregator;
import io.netty.handler.codec.redis.RedisDecoder;
import io.netty.handler.codec.redis.RedisEncoder;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Netty's codecs as protocols, on the wire. */
class HostedPipelineTest {

  /** Answers each command with its last word: Redis' ECHO. */
  private static final class Redis extends PipelineProtocol {
    @Override
    public String name() {
      return "REDIS";
    }

    @Override
    protected void initChannel(SessionChannel channel) {
      channel
          .pipeline()
          .addLast(
              new RedisDecoder(), new RedisBulkStringAggregator(), new RedisArrayAggregator(64, 4))
          .addLast(new RedisEncoder(), new Answers());
    }

    private static final class Answers extends SimpleChannelInboundHandler<ArrayRedisMessage> {
      @Override
      protected void channelRead0(ChannelHandlerContext ctx, ArrayRedisMessage command) {
        int last = command.children().size() - 1;
        ctx.writeAndFlush(((FullBulkStringRedisMessage) command.children().get(last)).retain());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aCodecOfNettysServes(boolean tls) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(new Redis()).tls(tls).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("*2\r\n$4\r\nECHO\r\n$5\r\nhello\r\n*1\r\n$4\r\nPI");
        assertThat(client.receive(11)).isEqualTo("$5\r\nhello\r\n");
        client.send("NG\r\n");
        assertThat(client.receive(10)).isEqualTo("$4\r\nPING\r\n");
        client.send("nonsense\r\n");
        assertThat(client.receiveAll()).isEmpty();
      }
      TestNode.await("ended", () -> server.endpoint().unfinished() == 0);
      assertThat(server.endpoint().metrics().snapshot().closes())
          .containsOnlyKeys("protocol_error");
    }
  }

  /** Waits for room before it reads on, as Netty's proxies do. */
  private static final class Careful extends PipelineProtocol {
    @Override
    public String name() {
      return "CAREFUL";
    }

    @Override
    protected void initChannel(SessionChannel channel) {
      channel.config().setAutoRead(false);
      channel
          .pipeline()
          .addLast(
              new ChannelInboundHandlerAdapter() {
                @Override
                public void channelActive(ChannelHandlerContext ctx) {
                  ctx.read();
                }

                @Override
                public void channelRead(ChannelHandlerContext ctx, Object message) {
                  ctx.write(((ByteBuf) message)).addListener(written -> ctx.read());
                }

                @Override
                public void channelReadComplete(ChannelHandlerContext ctx) {
                  ctx.flush();
                }
              });
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aPipelineThatReadsOnlyWhenItHasWrittenLosesNothing(boolean tls) throws Exception {
    byte[] much = WireClient.noise(3, 4 << 20);
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(new Careful()).tls(tls).listen();
      try (WireClient client = WireClient.withSmallWindow(server)) {
        CompletableFuture<Void> sending = client.sendLater(much);
        assertThat(client.receiveBytes(much.length)).isEqualTo(much);
        sending.get();
      }
    }
  }

  /** Outside of any call into the session: from a timer of the loop, and from another thread. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void answersThatComeLaterArriveInTheirOrder(boolean tls) throws Exception {
    PipelineProtocol later =
        new PipelineProtocol() {
          @Override
          public String name() {
            return "LATER";
          }

          @Override
          protected void initChannel(SessionChannel channel) {
            channel
                .pipeline()
                .addLast(
                    new SimpleChannelInboundHandler<ByteBuf>() {
                      @Override
                      protected void channelRead0(ChannelHandlerContext ctx, ByteBuf message) {
                        ctx.executor().schedule(() -> answer(ctx), 5, TimeUnit.MILLISECONDS);
                      }
                    });
          }

          private void answer(ChannelHandlerContext ctx) {
            ctx.writeAndFlush(ctx.alloc().buffer().writeBytes(new byte[] {'1'}));
            new Thread(
                    () -> {
                      ctx.write(ctx.alloc().buffer().writeBytes(new byte[] {'2'}));
                      ctx.writeAndFlush(ctx.alloc().buffer().writeBytes(new byte[] {'3'}))
                          .addListener(ChannelFutureListener.CLOSE);
                    })
                .start();
          }
        };
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(later).tls(tls).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("?");
        assertThat(new String(client.receiveAll(), US_ASCII)).isEqualTo("123");
      }
      TestNode.await("ended", () -> server.endpoint().unfinished() == 0);
      assertThat(server.endpoint().metrics().snapshot().closes())
          .containsOnlyKeys("session_closed");
    }
  }

  @Test
  void aPipelineThatCannotBeFilledCostsItsConnectionAndLeavesNothing() throws Exception {
    AtomicInteger removed = new AtomicInteger();
    PipelineProtocol broken =
        new PipelineProtocol() {
          @Override
          public String name() {
            return "BROKEN";
          }

          @Override
          protected void initChannel(SessionChannel channel) {
            channel
                .pipeline()
                .addLast(
                    new ChannelInboundHandlerAdapter() {
                      @Override
                      public void handlerRemoved(ChannelHandlerContext ctx) {
                        removed.incrementAndGet();
                      }
                    });
            throw new IllegalStateException("no");
          }
        };
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(broken).listen();
      try (WireClient client = WireClient.to(server)) {
        client.send("x");
        assertThat(client.receiveAll()).isEmpty();
      }
      TestNode.await("ended", () -> server.endpoint().unfinished() == 0);
      assertThat(server.endpoint().metrics().snapshot().errors())
          .containsEntry("session_create", 1L);
      assertThat(removed).hasValue(1);
    }
  }
}
