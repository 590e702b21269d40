// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import dev.sluice.protocol.http2.FrameClient.Frame;
import dev.sluice.transport.epoll.loop.LoopWatchdog;
import io.netty.handler.codec.http2.Http2Error;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * A node that is attacked, while a client that was there before looks on: it and whoever comes next
 * are served, the node's memory stays small, and no log grows.
 */
final class AttackedNode implements AutoCloseable {

  /** For who else uses the machine; one who is starved waits for as long as the attack lasts. */
  private static final Duration SOON = Duration.ofSeconds(15);

  /** What a single attacker may cost, with room for what the other clients do. */
  private static final long MEMORY = 4 << 20;

  private final HttpNode node;
  private final TestApp app = new TestApp();
  private final FrameClient before;
  private final Logged logged = new Logged();
  private final Thread watcher = new Thread(this::watch, "memory-watch");

  private volatile long most;
  private volatile boolean over;

  /** What anybody would read who runs a node with its defaults. */
  private static final class Logged extends AppenderBase<ILoggingEvent> {

    final List<String> lines = new CopyOnWriteArrayList<>();

    @Override
    protected void append(ILoggingEvent event) {
      // What is said of a loop that is late is said of the machine that the tests run on.
      boolean ofTheMachine = event.getLoggerName().equals(LoopWatchdog.class.getName());
      if (event.getLevel().isGreaterOrEqual(Level.INFO) && !ofTheMachine) {
        lines.add(event.getLevel() + " " + event.getLoggerName() + " " + event);
      }
    }
  }

  AttackedNode(Settings settings) throws Exception {
    this(settings.options());
  }

  AttackedNode(HttpNode.Options options) throws Exception {
    options.protocol = new Http2Protocol();
    node = options.start(app);
    before = FrameClient.connect(node.port());
    serve(before);
    logged.start();
    log().addAppender(logged);
    watcher.setDaemon(true);
    watcher.start();
  }

  private static Logger log() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  private void watch() {
    while (!over) {
      most = Math.max(most, node.buffersAlive() + node.inboundQueued());
      LockSupport.parkNanos(1_000_000);
    }
  }

  HttpNode node() {
    return node;
  }

  TestApp app() {
    return app;
  }

  int port() {
    return node.port();
  }

  FrameClient attacker(int... settings) throws IOException {
    return FrameClient.connect(port(), settings);
  }

  /** The attack has ended its own connection, and is told and counted by its kind. */
  void sentAway(FrameClient attacker, Http2Error error, String kind) throws Exception {
    saidAndSentAway(attacker, attacker.awaitGoAway(), error, kind);
  }

  /** So slowly that the node ends the connection. */
  void dribbledAway(FrameClient attacker, byte[] bytes, Duration each) throws Exception {
    Frame last = attacker.dribble(bytes, each);
    saidAndSentAway(attacker, last, Http2Error.ENHANCE_YOUR_CALM, "request_timeout");
  }

  void saidAndSentAway(FrameClient attacker, @Nullable Frame last, Http2Error error, String kind)
      throws Exception {
    assertThat(last).isNotNull();
    assertThat(last.type()).isEqualTo(FrameClient.GOAWAY);
    assertThat(Http2Error.valueOf(last.errorCode())).isEqualTo(error);
    assertThat(new String(last.payload(), 8, last.payload().length - 8, StandardCharsets.US_ASCII))
        .isEqualTo(kind);
    awaitClose(attacker, "protocol_error");
    assertThat(node.counted(kind)).as(kind).isEqualTo(1);
  }

  /** The node has said its last word; the attacker goes, and is the only one who did so far. */
  void awaitClose(FrameClient attacker, String reason) throws Exception {
    attacker.awaitEnd();
    attacker.close();
    HttpNode.await("its end", () -> !node.metrics().closes().isEmpty());
    assertThat(node.metrics().closes()).isEqualTo(Map.of(reason, 1L));
  }

  /** The attacker, who has heard of nothing, was the only one to be closed so far. */
  void closedFor(String reason, String kind) throws Exception {
    HttpNode.await("its end", () -> !node.metrics().closes().isEmpty());
    assertThat(node.metrics().closes()).isEqualTo(Map.of(reason, 1L));
    assertThat(node.counted(kind)).as(kind).isEqualTo(1);
  }

  /** The attacker's stream was reset, and its connection lives. */
  void resetFor(FrameClient attacker, int stream, Http2Error error, String kind) throws Exception {
    assertThat(Http2Error.valueOf(attacker.awaitReset(stream).errorCode())).isEqualTo(error);
    assertThat(node.counted(kind)).as(kind).isEqualTo(1);
    serve(attacker);
  }

  /** The attacker's request was answered by the node itself, and its connection lives. */
  void answeredFor(FrameClient attacker, int stream, int status, String kind) throws Exception {
    assertThat(attacker.awaitHeaders(stream).status()).isEqualTo(Integer.toString(status));
    assertThat(node.counted(kind)).as(kind).isEqualTo(1);
    serve(attacker);
  }

  /** A client like any other. */
  static void serve(FrameClient client) throws IOException {
    int stream = client.get("/hello");
    assertThat(client.awaitHeaders(stream).status()).isEqualTo("200");
    assertThat(client.body(stream)).asString().isEqualTo("Hello, World!");
  }

  void othersAreUnharmed() throws IOException {
    long begin = System.nanoTime();
    serve(before);
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).as("who was there").isLessThan(SOON);
    begin = System.nanoTime();
    try (FrameClient next = FrameClient.connect(port())) {
      serve(next);
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).as("who comes").isLessThan(SOON);
  }

  /** Whatever a test has shown, this holds behind every attack. */
  @Override
  public void close() throws IOException {
    try {
      othersAreUnharmed();
      assertThat(most).as("bytes at the worst moment").isLessThan(MEMORY);
      assertThat(logged.lines).as("logged").isEmpty();
    } finally {
      over = true;
      log().detachAppender(logged);
      before.close();
      node.close();
    }
  }
}
