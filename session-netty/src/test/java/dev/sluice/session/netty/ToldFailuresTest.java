// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.netty;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.api.CloseReason;
import dev.sluice.testkit.InMemoryConnection;
import dev.sluice.testkit.InMemoryPlatform;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.CorruptedFrameException;
import io.netty.handler.codec.DecoderException;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** A handler's fault is seen by the operator, a peer's never fills the log. */
class ToldFailuresTest {

  private final ToldFailures told = new ToldFailures();

  @Test
  void theFirstOfAKindIsNews() {
    assertThat(told.isNews("a", new IllegalStateException())).isTrue();
    assertThat(told.isNews("a", new IllegalStateException())).isFalse();
    assertThat(told.isNews("a", new NullPointerException())).isTrue();
    assertThat(told.isNews("b", new NullPointerException())).isTrue();
    assertThat(told.isNews("a", new DecoderException(new NullPointerException()))).isFalse();
  }

  @Test
  void whatAPeerHasSentIsNot() {
    assertThat(told.isNews("a", new CorruptedFrameException("a length of -1"))).isFalse();
    assertThat(told.isNews("a", new DecoderException("no"))).isFalse();
    assertThat(told.isNews("a", new IOException("reset"))).isFalse();
  }

  @Test
  void kindsAreBounded() {
    int news = 0;
    for (int kind = 0; kind < 1_000; kind++) {
      news += told.isNews("interface " + kind, new IllegalStateException()) ? 1 : 0;
    }
    assertThat(news).isEqualTo(32);
  }

  @Test
  void aFaultInADecoderStandsInTheLogOnce() {
    Logger logger = (Logger) LoggerFactory.getLogger(HostedPipeline.class);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    logger.addAppender(log);
    try (InMemoryPlatform platform = new InMemoryPlatform(broken())) {
      for (int time = 0; time < 2; time++) {
        InMemoryConnection connection = platform.connect();
        connection.feed("x");
        assertThat(connection.closed()).hasValue(CloseReason.PROTOCOL_ERROR);
        assertThat(connection.counters()).containsKey("pipeline");
      }
    } finally {
      logger.detachAppender(log);
    }
    List<ILoggingEvent> warned =
        log.list.stream().filter(event -> event.getLevel() == Level.WARN).toList();
    assertThat(warned).hasSize(1);
    assertThat(warned.get(0).getFormattedMessage()).contains("memory: a handler has failed");
    assertThat(warned.get(0).getThrowableProxy().getCause().getMessage()).isEqualTo("a fault");
  }

  private static PipelineProtocol broken() {
    return new PipelineProtocol() {
      @Override
      public String name() {
        return "BROKEN";
      }

      @Override
      protected void initChannel(SessionChannel channel) {
        channel
            .pipeline()
            .addLast(
                new ByteToMessageDecoder() {
                  @Override
                  protected void decode(ChannelHandlerContext at, ByteBuf in, List<Object> out) {
                    throw new UnsupportedOperationException("a fault");
                  }
                });
      }
    };
  }
}
