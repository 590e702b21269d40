// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import dev.sluice.api.rpc.BodyReceiver;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http1.HttpClient.Answer;
import dev.sluice.session.bridge.EndpointOptions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bodies both ways: whole, in parts, slow, unread, broken off. */
class BodiesTest {

  private static final String NEXT = "GET /say/next HTTP/1.1\r\nHost: a\r\n\r\n";

  private static String post(String path, String fields) {
    return "POST " + path + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
  }

  private static void assertGoesOn(HttpClient client) throws IOException {
    assertThat(client.send(NEXT).answer().text()).isEqualTo("next");
  }

  private static HttpNode large(RpcHandler... handlers) throws Exception {
    Settings settings = new Settings();
    settings.maxBody = 1L << 30;
    return settings.options().start(handlers);
  }

  @ParameterizedTest
  @EnumSource(Execution.class)
  void bodiesComeBackWhole(Execution execution) throws Exception {
    try (HttpNode node = large(new TestApp(execution));
        HttpClient client = node.connect()) {
      for (int length : List.of(0, 1, 1023, 1024, 1025, 65_536, 1 << 20)) {
        String body = "x".repeat(length);
        client.send(post("/echo", "Content-Length: " + length + "\r\n") + body);
        assertThat(client.answer().text()).as("%s bytes", length).isEqualTo(body);
        String half = body.substring(length / 2);
        client.send(post("/stream", "Transfer-Encoding: chunked\r\n"));
        for (String part : List.of(half, body.substring(0, length / 2))) {
          if (!part.isEmpty()) {
            client.send(Integer.toHexString(part.length()) + "\r\n" + part + "\r\n");
          }
        }
        client.send("0\r\n\r\n");
        Answer streamed = client.answer();
        assertThat(streamed.field("transfer-encoding")).isEqualTo("chunked");
        assertThat(streamed.text()).as("%s bytes", length).isEqualTo(body);
      }
      client.send("GET /trailers HTTP/1.1\r\nHost: a\r\n\r\n");
      Answer trailers = client.answer();
      assertThat(trailers.text()).isEqualTo("body");
      assertThat(trailers.field("x-sum")).isEqualTo("42");
    }
  }

  /** RFC 9110, section 10.1.1. */
  @Test
  void aClientThatExpectsToContinueIsToldSoOnceSomebodyWantsTheBody() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = HttpNode.serving(app);
        HttpClient client = node.connect()) {
      client.send(post("/echo", "Content-Length: 5\r\nExpect: 100-Continue\r\n"));
      assertThat(client.line()).isEqualTo("HTTP/1.1 100 Continue");
      assertThat(client.line()).isEmpty();
      assertThat(client.send("hello").answer().text()).isEqualTo("hello");

      client.send(post("/echo", "Content-Length: 5\r\nExpect: 100-continue\r\n") + "early");
      assertThat(client.answer().text()).as("one that has not waited").isEqualTo("early");

      client.send("GET /wait/x HTTP/1.1\r\nHost: a\r\n\r\n");
      client.send(post("/echo", "Content-Length: 5\r\nExpect: 100-continue\r\n"));
      RpcContext before = app.nextBegun();
      assertThat(client.hasInput()).as("a word before its turn").isFalse();
      assertThat(before.respond(RpcResponse.text("x"))).isTrue();
      assertThat(client.answer().text()).isEqualTo("x");
      assertThat(client.line()).isEqualTo("HTTP/1.1 100 Continue");
      assertThat(client.line()).isEmpty();
      assertThat(client.send("later").answer().text()).isEqualTo("later");
    }
  }

  @Test
  void aBodyThatNobodyAskedForIsNoRequest() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = HttpNode.serving(app)) {
      try (HttpClient client = node.connect()) {
        client.send(post("/ignore", "Content-Length: 36\r\nExpect: 100-continue\r\n"));
        Answer answer = client.answer();
        assertThat(answer.text()).isEqualTo("ignored");
        assertThat(answer.field("connection")).isEqualTo("close");
        client.send("GET /hello HTTP/1.1\r\nHost: hidden\r\n\r\n");
        assertThat(client.rest()).isEmpty();
      }
      try (HttpClient client = node.connect()) {
        client.send(post("/echo", "Content-Length: 2000000\r\nExpect: 100-continue\r\n"));
        assertThat(client.answer().status()).isEqualTo(413);
        assertThat(client.rest()).isEmpty();
      }
      assertThat(app.called).containsExactly("/ignore");
    }
  }

  @Test
  void anUnreadBodyNeverPutsTheNextRequestOutOfStep() throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = large(app)) {
      String hidden = "GET /hello HTTP/1.1\r\nHost: hidden\r\n\r\n";
      try (HttpClient client = node.connect()) {
        client.send(post("/ignore", "Content-Length: " + hidden.length() + "\r\n") + hidden);
        assertThat(client.answer().text()).isEqualTo("ignored");
        assertGoesOn(client);
        client.send(post("/ignore", "Content-Length: 60000\r\n"));
        Answer early = client.answer();
        assertThat(early.field("connection")).as("little is worth reading").isEmpty();
        client.send("x".repeat(60_000));
        assertGoesOn(client);
      }
      try (HttpClient client = node.connect()) {
        client.send(post("/ignore", "Content-Length: 70000\r\n"));
        assertThat(client.answer().field("connection")).isEqualTo("close");
        client.send("x".repeat(70_000) + NEXT);
        assertThat(client.rest()).isEmpty();
      }
      try (HttpClient client = node.connect()) {
        client.send(post("/ignore", "Transfer-Encoding: chunked\r\n"));
        assertThat(client.answer().field("connection")).as("it may never end").isEqualTo("close");
        client.send("5\r\nhello\r\n0\r\n\r\n" + NEXT);
        assertThat(client.rest()).isEmpty();
      }
      assertThat(app.called).containsOnly("/ignore");
    }
  }

  @Test
  void whatBreaksABodyBreaksItsAnswer() throws Exception {
    try (HttpNode node = HttpNode.serving(new TestApp())) {
      try (HttpClient client = node.connect()) {
        client.send(post("/stream", "Transfer-Encoding: chunked\r\n") + "5\r\nhello\r\n");
        assertThat(client.line()).isEqualTo("HTTP/1.1 200 OK");
        client.send("no size\r\n");
        assertThat(client.rest()).contains("hello").doesNotContain("\r\n0\r\n");
      }
      assertThat(node.counted("invalid_chunk")).isEqualTo(1);
    }
  }

  @Test
  @ResourceLock(HttpNode.LOG)
  void aHandlerThatFailsInMidAnswerIsSeenToHaveFailed() throws Exception {
    try (HttpNode node = HttpNode.serving(new TestApp());
        LoggedFailures log = new LoggedFailures()) {
      try (HttpClient client = node.connect()) {
        client.send("GET /late-failure HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.rest())
            .startsWith("HTTP/1.1 200")
            .contains("begun")
            .doesNotContain("0\r\n\r\n");
      }
      try (HttpClient client = node.connect()) {
        client.send("GET /late-failure HTTP/1.0\r\n\r\n");
        assertThat(client.rest()).as("only a reset tells HTTP/1.0").isNull();
      }
      for (String path : List.of("/short", "/long")) {
        try (HttpClient client = node.connect()) {
          client.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n" + NEXT);
          assertThat(client.rest()).startsWith("HTTP/1.1 200").doesNotContain("next", "too long");
        }
      }
      assertThat(node.counted("handler_failed")).isEqualTo(2);
      assertThat(node.counted("answer_length_broken")).isEqualTo(2);
      assertThat(node.counted("application_failed.test")).isEqualTo(4);
      assertThat(log.lines).isNotEmpty();
      assertThat(log.lines.get(0)).contains("test", "threw", "/late-failure", "IllegalState");
    }
  }

  /** The query may hold what is secret; a client may cause as many failures as it likes. */
  @Test
  @ResourceLock(HttpNode.LOG)
  void whatAnApplicationDoesWrongIsToldTheOperatorWithoutTheQuery() throws Exception {
    try (HttpNode node = HttpNode.serving(new TestApp());
        LoggedFailures log = new LoggedFailures();
        HttpClient client = node.connect()) {
      long begin = System.nanoTime();
      for (int i = 0; i < 100; i++) {
        client.send("GET /fail?secret HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.answer().status()).isEqualTo(500);
      }
      long seconds = (System.nanoTime() - begin) / 1_000_000_000;
      assertThat(node.counted("application_failed.test")).isEqualTo(100);
      assertThat(log.lines).hasSizeBetween(1, (int) seconds + 2);
      assertThat(log.lines)
          .allSatisfy(line -> assertThat(line).contains("test", "GET /fail ", "IllegalState"))
          .allSatisfy(line -> assertThat(line).doesNotContain("secret"));
    }
    try (HttpNode node = HttpNode.serving(new TestApp());
        LoggedFailures log = new LoggedFailures();
        HttpClient client = node.connect()) {
      client.send("GET /short?secret HTTP/1.1\r\nHost: a\r\n\r\n");
      assertThat(client.rest()).startsWith("HTTP/1.1 200");
      assertThat(log.lines).singleElement().asString().contains("test", "less", "GET /short ");
      assertThat(log.lines.get(0)).doesNotContain("secret");
    }
  }

  @ParameterizedTest
  @EnumSource(Execution.class)
  void aHundredMegabytesGoUpToASlowHandlerInLittleMemory(Execution execution) throws Exception {
    long length = 100L << 20;
    AtomicLong received = new AtomicLong();
    RpcHandler slow =
        new Slow(execution) {
          @Override
          public void handle(RpcContext request) {
            request.receive(
                new BodyReceiver() {
                  @Override
                  public void part(ByteBuf data) {
                    // Slower than the client, and on a loop without blocking it for long.
                    if (received.addAndGet(data.readableBytes()) % 7 == 0) {
                      LockSupport.parkNanos(200_000);
                    }
                  }

                  @Override
                  public void end() {
                    boolean unused = request.respond(RpcResponse.text("" + received));
                  }
                });
          }
        };
    try (HttpNode node = large(slow);
        HttpClient client = node.connect()) {
      Peak peak = new Peak(node);
      client.send(post("/slow", "Content-Length: " + length + "\r\n"));
      byte[] block = new byte[1 << 20];
      for (int i = 0; i < 100; i++) {
        client.send(block);
        peak.look();
      }
      assertThat(client.answer().text()).isEqualTo(Long.toString(length));
      assertThat(peak.highest).isLessThan(64L << 20);
    }
  }

  @Test
  void aHundredMegabytesGoDownToASlowReaderInLittleMemory() throws Exception {
    int length = 100 << 20;
    try (HttpNode node = large(new TestApp());
        HttpClient client = new HttpClient(node.port(), 64 << 10)) {
      Peak peak = new Peak(node);
      client.send("GET /bytes/" + length + " HTTP/1.0\r\n\r\n");
      assertThat(client.line()).isEqualTo("HTTP/1.1 200 OK");
      client.fields();
      byte[] block = new byte[256 << 10];
      long at = 0;
      int reads = 0;
      for (int n = client.read(block); n >= 0; n = client.read(block)) {
        for (int i = 0; i < n; i += 997) {
          assertThat(block[i]).isEqualTo(TestApp.patternAt(at + i));
        }
        at += n;
        if (reads++ % 50 == 0) {
          LockSupport.parkNanos(1_000_000);
          peak.look();
        }
      }
      assertThat(at).isEqualTo(length);
      assertThat(peak.highest).isLessThan(64L << 20);
    }
  }

  @Test
  void aReaderThatNeverReadsIsClosedAndItsHandlerTold() throws Exception {
    TestApp app = new TestApp();
    Settings settings = new Settings();
    HttpNode.Options options = settings.options();
    options.limits =
        new EndpointOptions.Limits(
            Duration.ofSeconds(60),
            Duration.ofSeconds(10),
            Duration.ofMillis(500),
            64 << 10,
            16 << 20,
            Duration.ofSeconds(1));
    try (HttpNode node = options.start(app);
        HttpClient client = new HttpClient(node.port(), 4 << 10)) {
      client.send("GET /bytes/1000000000 HTTP/1.1\r\nHost: a\r\n\r\n");
      HttpNode.await(
          "the slow consumer's end",
          () -> node.metrics().closes().getOrDefault("slow_consumer", 0L) == 1);
    }
  }

  @Test
  void aBlockingHandlerMayWriteWithBackpressure() throws Exception {
    RpcHandler blocking =
        new Slow(Execution.WORKERS) {
          @Override
          public void handle(RpcContext request) throws Exception {
            var answer = request.respondStreaming(RpcResponse.of(200));
            for (int i = 0; i < 500; i++) {
              assertThat(answer.awaitWritable(HttpNode.PATIENCE)).isTrue();
              byte[] part = new byte[64 << 10];
              assertThat(answer.write(Unpooled.wrappedBuffer(part))).isTrue();
            }
            answer.finish();
          }
        };
    try (HttpNode node = large(blocking);
        HttpClient client = new HttpClient(node.port(), 16 << 10)) {
      Peak peak = new Peak(node);
      client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
      CompletableFuture<Void> looking = CompletableFuture.runAsync(peak::look);
      assertThat(client.answer().body().remaining()).isEqualTo(500 * (64 << 10));
      looking.join();
      peak.look();
      assertThat(peak.highest).isLessThan(64L << 20);
    }
  }

  /** A handler at /, wherever it runs. */
  private abstract static class Slow implements RpcHandler {
    private final Execution execution;

    Slow(Execution execution) {
      this.execution = execution;
    }

    @Override
    public String name() {
      return "slow";
    }

    @Override
    public List<String> prefixes() {
      return List.of("/");
    }

    @Override
    public Execution execution() {
      return execution;
    }
  }

  /** The most memory that was seen in buffers. */
  private static final class Peak {
    private final HttpNode node;
    private volatile long highest;

    Peak(HttpNode node) {
      this.node = node;
    }

    void look() {
      highest = Math.max(highest, node.buffersAlive());
    }
  }
}
