// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.netty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CloseReason;
import dev.sluice.testkit.InMemoryConnection;
import dev.sluice.testkit.InMemoryPlatform;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.timeout.IdleStateEvent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.ReferenceCountUtil;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What handlers may expect of the channel that hosts them. */
class SessionChannelTest {

  private final Recorder recorder = new Recorder();
  private ChannelFiller filler = channel -> channel.pipeline().addLast(recorder);

  private final InMemoryPlatform platform =
      new InMemoryPlatform(
          new PipelineProtocol() {
            @Override
            public String name() {
              return "RECORDED";
            }

            @Override
            protected void initChannel(SessionChannel channel) throws Exception {
              filler.fill(channel);
            }
          });

  @AfterEach
  void close() {
    platform.close();
  }

  /** Keeps what happens; with an echo where a test wants one. */
  private static class Recorder extends ChannelDuplexHandler {
    final List<String> events = new ArrayList<>();
    SessionChannel channel;

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
      channel = SessionChannel.of(added);
      events.add("added");
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext removed) {
      events.add("removed");
    }

    @Override
    public void channelRegistered(ChannelHandlerContext at) {
      events.add("registered");
      at.fireChannelRegistered();
    }

    @Override
    public void channelActive(ChannelHandlerContext at) {
      events.add("active " + channel.isActive());
      at.fireChannelActive();
    }

    @Override
    public void channelInactive(ChannelHandlerContext at) {
      events.add("inactive " + channel.isActive());
      at.fireChannelInactive();
    }

    @Override
    public void channelUnregistered(ChannelHandlerContext at) {
      events.add("unregistered");
      at.fireChannelUnregistered();
    }

    @Override
    public void channelRead(ChannelHandlerContext at, Object message) {
      events.add("read " + ((ByteBuf) message).toString(StandardCharsets.US_ASCII));
      ReferenceCountUtil.release(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext at) {
      events.add("complete");
      at.fireChannelReadComplete();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext at) {
      events.add("writable " + channel.isWritable());
      at.fireChannelWritabilityChanged();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext at, Object event) {
      events.add(event.getClass().getSimpleName());
      at.fireUserEventTriggered(event);
    }
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
  }

  @Test
  void eventsComeInNettysOrderAndEndOnce() {
    InMemoryConnection connection = platform.connect();
    connection.feed("a");
    connection.reset();
    connection.runAll();
    assertThat(recorder.events)
        .containsExactly(
            "added",
            "registered",
            "active true",
            "read a",
            "complete",
            "inactive false",
            "unregistered",
            "removed");
    assertThat(recorder.channel.isOpen()).isFalse();
    assertThat(recorder.channel.closeFuture().isSuccess()).isTrue();
  }

  @Test
  void aPromiseEndsWhenTheKernelHasTheBytes() {
    InMemoryConnection connection = platform.connect();
    connection.feed("a");
    connection.stopReading();
    ChannelFuture written = recorder.channel.writeAndFlush(bytes("answer"));
    connection.runAll();
    assertThat(written.isDone()).isFalse();
    connection.readOn();
    assertThat(written.isSuccess()).isTrue();
    assertThat(connection.receivedText()).isEqualTo("answer");
  }

  @Test
  void whatWasWrittenBeforeTheCloseArrivesAndWhatComesAfterFails() {
    InMemoryConnection connection = platform.connect();
    connection.feed("a");
    ChannelFuture last = recorder.channel.write(bytes("last"));
    ChannelFuture closed = recorder.channel.close();
    ChannelFuture late = recorder.channel.writeAndFlush(bytes("late"));
    connection.runAll();
    assertThat(connection.receivedText()).isEqualTo("last");
    assertThat(last.isSuccess()).isTrue();
    assertThat(closed.isSuccess()).isTrue();
    assertThat(late.cause()).isInstanceOf(ClosedChannelException.class);
    assertThat(connection.closed()).contains(CloseReason.SESSION_CLOSED);
  }

  @Test
  void theUsualListenerClosesBehindAnEmptyBuffer() {
    InMemoryConnection connection = platform.connect();
    connection.feed("a");
    recorder.channel.write(bytes("answer"));
    recorder.channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    connection.runAll();
    assertThat(connection.receivedText()).isEqualTo("answer");
    assertThat(connection.closed()).contains(CloseReason.SESSION_CLOSED);
  }

  @Test
  void aMessageThatIsNoBufferFailsItsPromiseAndIsReleased() {
    InMemoryConnection connection = platform.connect();
    connection.feed("a");
    ChannelFuture future = recorder.channel.writeAndFlush("text");
    connection.runAll();
    assertThat(future.cause())
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("java.lang.String");
    assertThat(connection.closed()).isEmpty();
  }

  @Test
  void withoutAutoReadOnePassIsReadForEachRead() {
    InMemoryConnection connection = platform.connect();
    connection.feed("a");
    recorder.channel.eventLoop().execute(() -> recorder.channel.config().setAutoRead(false));
    connection.runAll();
    connection.feed("b");
    connection.feed("c");
    assertThat(recorder.events).doesNotContain("read b");
    recorder.channel.read();
    connection.runAll();
    assertThat(recorder.events).contains("read b").doesNotContain("read c");
    recorder.channel.config().setAutoRead(true);
    connection.runAll();
    assertThat(recorder.events).contains("read c");
  }

  @Test
  void theNodesWritabilityIsTheChannels() {
    platform.outputMarks(16, 1 << 20);
    InMemoryConnection connection = platform.connect();
    connection.feed("a");
    connection.stopReading();
    assertThat(recorder.channel.bytesBeforeUnwritable()).isPositive();
    recorder.channel.writeAndFlush(Unpooled.buffer(64).writeZero(64));
    connection.runAll();
    assertThat(recorder.channel.isWritable()).isFalse();
    assertThat(recorder.channel.bytesBeforeUnwritable()).isZero();
    assertThat(recorder.channel.bytesBeforeWritable()).isPositive();
    connection.readOn();
    connection.runAll();
    assertThat(recorder.events).containsSubsequence("writable false", "writable true");
  }

  @Test
  void thePeersEndClosesUnlessHalfClosureIsAllowed() {
    InMemoryConnection connection = platform.connect();
    connection.feed("a");
    recorder.channel.write(bytes("owed"));
    connection.endInput();
    connection.runAll();
    assertThat(connection.receivedText()).isEqualTo("owed");
    assertThat(connection.closed()).contains(CloseReason.PEER_CLOSED);
  }

  @Test
  void withHalfClosureTheAnswerCanComeLater() {
    filler =
        channel -> {
          channel.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
          channel.pipeline().addLast(recorder);
        };
    InMemoryConnection connection = platform.connect();
    connection.feed("a");
    connection.endInput();
    connection.runAll();
    assertThat(recorder.events).contains(ChannelInputShutdownEvent.class.getSimpleName());
    assertThat(recorder.channel.isInputShutdown()).isTrue();
    assertThat(connection.closed()).isEmpty();
    recorder.channel.writeAndFlush(bytes("late answer")).addListener(ChannelFutureListener.CLOSE);
    connection.runAll();
    assertThat(connection.receivedText()).isEqualTo("late answer");
    assertThat(connection.closed()).contains(CloseReason.PEER_CLOSED);
  }

  @Test
  void aSideCanBeEndedOnPlaintextOnly() {
    InMemoryConnection connection = platform.connect();
    connection.feed("a");
    assertThat(recorder.channel.shutdownOutput().isSuccess()).isTrue();
    assertThat(recorder.channel.isOutputShutdown()).isTrue();
    connection.runAll();
    assertThat(connection.outputEnded()).isTrue();

    platform.secure();
    InMemoryConnection secure = platform.connect();
    filler = channel -> channel.pipeline().addLast(new Recorder());
    secure.feed("a");
    assertThat(recorder.channel.shutdownOutput().isSuccess()).isFalse();
  }

  @Test
  void whatComesAfterTheInputWasShutIsDropped() {
    InMemoryConnection connection = platform.connect();
    connection.feed("a");
    recorder.channel.eventLoop().execute(() -> recorder.channel.shutdownInput());
    connection.runAll();
    connection.feed("b");
    connection.feed("c");
    connection.runAll();
    assertThat(recorder.events).contains("read a").doesNotContain("read b", "read c");
    recorder.channel.writeAndFlush(bytes("still speaks"));
    connection.runAll();
    assertThat(connection.receivedText()).isEqualTo("still speaks");
  }

  @Test
  void aFailureThatNobodyTakesIsAProtocolError() {
    filler =
        channel ->
            channel
                .pipeline()
                .addLast(
                    new Recorder() {
                      @Override
                      public void channelRead(ChannelHandlerContext at, Object message) {
                        ReferenceCountUtil.release(message);
                        throw new IllegalArgumentException("not this");
                      }
                    });
    InMemoryConnection connection = platform.connect();
    connection.feed("a");
    connection.runAll();
    assertThat(connection.closed()).contains(CloseReason.PROTOCOL_ERROR);
    assertThat(connection.counters()).containsEntry("pipeline", 1L);
  }

  @Test
  void theNodesRequestsCloseUnlessAHandlerTakesThem() {
    InMemoryConnection asked = platform.connect();
    asked.feed("a");
    asked.askToClose();
    asked.runAll();
    assertThat(asked.closed()).contains(CloseReason.SESSION_CLOSED);
    assertThat(recorder.events).contains("Close");

    List<Object> taken = new ArrayList<>();
    filler =
        channel ->
            channel
                .pipeline()
                .addLast(
                    new ChannelDuplexHandler() {
                      @Override
                      public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                        taken.add(event);
                      }
                    });
    InMemoryConnection draining = platform.connect();
    draining.feed("a");
    draining.drain(Duration.ofSeconds(3));
    draining.runAll();
    assertThat(taken).containsExactly(new NodeRequest.Drain(Duration.ofSeconds(3)));
    assertThat(draining.closed()).isEmpty();
  }

  @Test
  void nettysTimersRunOnTheConnectionsClock() {
    List<Object> events = new ArrayList<>();
    filler =
        channel ->
            channel
                .pipeline()
                .addLast(
                    new IdleStateHandler(5, 0, 0, TimeUnit.SECONDS),
                    new ChannelDuplexHandler() {
                      @Override
                      public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
                        events.add(event);
                      }
                    });
    InMemoryConnection connection = platform.connect();
    connection.feed("a");
    connection.advance(Duration.ofSeconds(4));
    assertThat(events).isEmpty();
    connection.advance(Duration.ofSeconds(2));
    assertThat(events).containsExactly(IdleStateEvent.FIRST_READER_IDLE_STATE_EVENT);
  }

  @Test
  void bytesFromOutsideGoPastTheHandlers() {
    InMemoryConnection connection = platform.connect();
    connection.feed("a");
    assertThat(connection.sendData("raw".getBytes(StandardCharsets.US_ASCII))).isTrue();
    connection.runAll();
    assertThat(connection.receivedText()).isEqualTo("raw");
  }
}
