// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The client of the load against the yardstick, without sockets and TLS. */
class Http2ClientTest {

  private static final int STREAMS = 6;
  private static final int MEBIBYTE = 1 << 20;

  private final EmbeddedChannel server = new EmbeddedChannel(NettyHttp2Server.handler());
  private final EmbeddedChannel channel = new EmbeddedChannel();

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
    server.finishAndReleaseAll();
  }

  /** A load of one connection, which is these two channels. */
  private final class OneConnection extends Load {

    private final Http2Client client;

    OneConnection(Http2Exchange exchange) {
      super(ImmediateEventExecutor.INSTANCE);
      client = new Http2Client(this, STREAMS, exchange);
    }

    @Override
    Future<?> open() {
      channel.pipeline().addLast(client);
      client.greet();
      return client.ready();
    }

    @Override
    protected void begin() {
      client.start();
    }
  }

  private boolean carry(EmbeddedChannel from, EmbeddedChannel to) {
    boolean any = false;
    for (Object bytes = from.readOutbound(); bytes != null; bytes = from.readOutbound()) {
      if (to.isOpen()) {
        to.writeInbound(bytes);
      } else {
        ReferenceCountUtil.release(bytes);
      }
      any = true;
    }
    return any;
  }

  private boolean carry() {
    boolean there = carry(channel, server);
    boolean back = carry(server, channel);
    return there || back;
  }

  /** What a round counts that is stopped after a few answers. */
  private Tally round(OneConnection load) {
    load.start();
    for (int pass = 0; pass < 3; pass++) {
      assertThat(carry()).isTrue();
    }
    Future<Tally> dry = load.stop();
    while (carry()) {
      // Until nothing is on its way.
    }
    assertThat(load.failure().cause()).isNull();
    assertThat(dry.isDone()).isTrue();
    return dry.getNow();
  }

  private OneConnection opened(Http2Exchange exchange) {
    OneConnection load = new OneConnection(exchange);
    Future<?> ready = load.open();
    while (carry()) {
      // Until nothing is on its way.
    }
    assertThat(ready.isSuccess()).isTrue();
    return load;
  }

  @Test
  void everyRoundRunsDryWithWholeAnswers() {
    OneConnection load = opened(Http2Exchange.hello());
    for (int round = 0; round < 3; round++) {
      Tally tally = round(load);
      assertThat(tally.operations()).isGreaterThanOrEqualTo(2 * STREAMS);
      assertThat(tally.bytes()).isEqualTo(13 * tally.operations());
    }
  }

  @Test
  void downloadsArriveWhole() {
    Tally tally = round(opened(Http2Exchange.download(2 * MEBIBYTE)));
    assertThat(tally.operations()).isGreaterThanOrEqualTo(STREAMS);
    assertThat(tally.bytes()).isEqualTo(2L * MEBIBYTE * tally.operations());
  }

  /** More than the windows of stream and connection hold, so that updates matter. */
  @Test
  void uploadsWaitForWindowsAndArriveWhole() {
    Tally tally = round(opened(Http2Exchange.upload(3 * MEBIBYTE)));
    assertThat(tally.operations()).isGreaterThanOrEqualTo(STREAMS);
    assertThat(tally.bytes()).isEqualTo(3L * MEBIBYTE * tally.operations());
  }

  @Test
  void anotherBodyThanExpectedEndsTheLoad() {
    Http2Exchange hello = Http2Exchange.hello();
    OneConnection load =
        opened(
            new Http2Exchange(
                hello.head(), 0, Unpooled.wrappedBuffer("Hello, Mars!!".getBytes(UTF_8)), 13));
    load.start();
    carry();
    assertThat(load.failure().cause()).hasMessageContaining("body");
  }

  @Test
  void anAnswerThatEndsEarlyEndsTheLoad() {
    Http2Exchange hello = Http2Exchange.hello();
    OneConnection load = opened(new Http2Exchange(hello.head(), 0, Unpooled.EMPTY_BUFFER, 14));
    load.start();
    carry();
    assertThat(load.failure().cause()).hasMessageContaining("early");
  }
}
