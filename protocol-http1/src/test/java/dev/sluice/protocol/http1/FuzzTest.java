// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.transport.epoll.loop.LoopWatchdog;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.slf4j.LoggerFactory;

/**
 * Ten thousand requests with something wrong: each is answered or closed, and nothing else happens.
 */
@ResourceLock(value = HttpNode.LOG, mode = ResourceAccessMode.READ)
class FuzzTest {

  private static final int INPUTS = 10_000;
  private static final long SEED = 20_260_101;

  private static final List<String> SEEDS =
      List.of(
          "GET /hello HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n",
          "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\nhello world",
          "POST /stream HTTP/1.1\r\nHost: a:80\r\nTransfer-Encoding: chunked\r\n\r\n5;x=\"y\"\r\nhello\r\n6\r\n world\r\n0\r\nX-Sum: 1\r\n\r\n",
          "POST /sink HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\nabc",
          "GET http://localhost/target?a=b HTTP/1.1\r\nHost: [::1]:1\r\nConnection: close\r\n\r\n",
          "HEAD /bytes/100 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
          "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\nGET /trailers HTTP/1.1\r\nHost: a\r\n\r\n",
          "PUT /target HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: gzip\r\n\r\n");

  private static final List<String> WORDS =
      List.of(
          "\r\n",
          "\n",
          "\r",
          "\0",
          " ",
          "\t",
          ":",
          "chunked",
          "Content-Length: 5\r\n",
          "Host: b\r\n",
          "Transfer-Encoding: chunked\r\n",
          "HTTP/1.0",
          "HTTP/2.0",
          "0\r\n\r\n",
          "ffffffffffffffff",
          "-1",
          "%00",
          "%",
          "\u00ff",
          ",",
          ";",
          "\"",
          "GET ",
          "Expect: 100-continue\r\n",
          "Connection: close\r\n",
          "a".repeat(300),
          "X: y\r\n".repeat(50));

  @Test
  void tenThousandMutatedRequests() throws Exception {
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    root.addAppender(log);
    Random random = new Random(SEED);
    Settings settings = new Settings();
    settings.maxBody = 10_000;
    try (HttpNode node = settings.options().start(new TestApp())) {
      for (int i = 0; i < INPUTS; i++) {
        byte[] input = mutated(random);
        try (HttpClient client = node.connect()) {
          client.send(input);
          client.finishSending();
          assertAnswers(client, input);
        } catch (SocketTimeoutException e) {
          throw new AssertionError("no end of " + printable(input), e);
        } catch (IOException closedUnderUs) {
          // Sent to a connection that had been closed: the node is free to.
        }
      }
      try (HttpClient client = node.connect()) {
        client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(client.answer().status()).isEqualTo(200);
      }
      HttpNode.await("every connection's end", () -> node.metrics().open() == 0);
      assertThat(node.metrics().errors()).as("failures of sessions").isEmpty();
      assertThat(node.inboundQueued()).isZero();
    } finally {
      root.detachAppender(log);
    }
    assertThat(log.list)
        .filteredOn(event -> event.getLevel().isGreaterOrEqual(Level.WARN))
        // What is said of a loop that is late is said of the machine that the tests run on.
        .filteredOn(event -> !event.getLoggerName().equals(LoopWatchdog.class.getName()))
        .isEmpty();
  }

  /** Whatever came in, what comes out is answers, one behind the other. */
  private static void assertAnswers(HttpClient client, byte[] input) throws IOException {
    String rest = client.rest();
    if (rest != null && !rest.isEmpty()) {
      assertThat(rest).as("to %s", printable(input)).startsWith("HTTP/1.1 ");
      assertThat(rest).as("to %s", printable(input)).doesNotContain("HTTP/1.1 500");
    }
  }

  private static byte[] mutated(Random random) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int requests = 1 + random.nextInt(3);
    for (int r = 0; r < requests; r++) {
      byte[] seed = SEEDS.get(random.nextInt(SEEDS.size())).getBytes(StandardCharsets.ISO_8859_1);
      int changes = random.nextInt(4);
      for (int c = 0; c < changes; c++) {
        seed = change(seed, random);
      }
      out.write(seed);
    }
    return out.toByteArray();
  }

  private static byte[] change(byte[] bytes, Random random) throws IOException {
    if (bytes.length == 0) {
      return bytes;
    }
    int at = random.nextInt(bytes.length);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(bytes, 0, at);
    switch (random.nextInt(5)) {
      case 0 -> { // A byte changed.
        out.write(random.nextInt(256));
        out.write(bytes, at + 1, bytes.length - at - 1);
      }
      case 1 -> out.write(bytes, at + 1, bytes.length - at - 1); // A byte left out.
      case 2 -> { // Something put in.
        out.write(WORDS.get(random.nextInt(WORDS.size())).getBytes(StandardCharsets.ISO_8859_1));
        out.write(bytes, at, bytes.length - at);
      }
      case 3 -> { // A part said twice.
        int length = random.nextInt(bytes.length - at);
        out.write(bytes, at, length);
        out.write(bytes, at, bytes.length - at);
      }
      default -> {} // Cut off.
    }
    return out.toByteArray();
  }

  private static String printable(byte[] input) {
    return new String(input, StandardCharsets.ISO_8859_1)
        .replace("\r", "\\r")
        .replace("\n", "\\n\n")
        .replace("\0", "\\0");
  }
}
