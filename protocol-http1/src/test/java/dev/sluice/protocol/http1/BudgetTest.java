// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What waits for applications is bounded for the node as a whole, and keeps nobody else out. */
class BudgetTest {

  private static final int LIMIT = 1 << 20;
  private static final int UPLOADS = 3;
  private static final int BODY = 400 << 10;
  private static final int MOST_OF_IT = 380 << 10;

  @ParameterizedTest
  @EnumSource(
      value = Execution.class,
      names = {"EVENT_LOOP", "WORKERS"})
  void bodiesThatAreGatheredShareTheNodesBudget(Execution execution) throws Exception {
    HttpNode.Options options = new HttpNode.Options();
    options.inboundQueueLimit = LIMIT;
    List<HttpClient> uploads = new ArrayList<>();
    try (HttpNode node = options.start(new TestApp(execution))) {
      for (int i = 0; i < UPLOADS; i++) {
        HttpClient client = node.connect();
        uploads.add(client);
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + BODY + "\r\n\r\n");
        client.send(new byte[MOST_OF_IT]);
      }
      HttpNode.await("a full budget", () -> node.inboundQueued() > LIMIT);
      assertThat(node.inboundQueued())
          .as("a pass beyond the limit for each at the most")
          .isLessThan(LIMIT + UPLOADS * (64 << 10));

      try (HttpClient other = node.connect()) {
        other.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        assertThat(other.answer().text()).isEqualTo("Hello, World!");
      }

      List<CompletableFuture<Boolean>> answered = new ArrayList<>();
      for (HttpClient client : uploads) {
        answered.add(CompletableFuture.supplyAsync(() -> finish(client)));
      }
      int whole = 0;
      for (CompletableFuture<Boolean> one : answered) {
        whole += one.get() ? 1 : 0;
      }
      assertThat(whole).as("answered").isPositive();
      // Clients may see their end before it is counted and what they sent given back.
      int shed = UPLOADS - whole;
      HttpNode.await(
          "the others were closed to make room",
          () -> node.metrics().closes().getOrDefault("inbound_budget", 0L) == shed);
      HttpNode.await("nothing is held", () -> node.inboundQueued() == 0);
    } finally {
      for (HttpClient client : uploads) {
        client.close();
      }
    }
  }

  /** What the node does not read is not the client's fault. */
  @Test
  void anUploadThatTheNodeHoldsBackIsNotTimedOut() throws Exception {
    Settings settings = new Settings();
    settings.bodyTimeout = Duration.ofMillis(500);
    HttpNode.Options options = settings.options();
    options.inboundQueueLimit = LIMIT;
    List<HttpClient> uploads = new ArrayList<>();
    try (HttpNode node = options.start(new TestApp(Execution.EVENT_LOOP));
        HttpClient held = node.connect()) {
      for (int i = 0; i < UPLOADS; i++) {
        HttpClient client = node.connect();
        uploads.add(client);
        client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + BODY + "\r\n\r\n");
        client.send(new byte[MOST_OF_IT]);
      }
      HttpNode.await("a full budget", () -> node.inboundQueued() > LIMIT);
      int bytes = MOST_OF_IT / 2;
      held.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: " + bytes + "\r\n\r\n");
      held.send(new byte[bytes]);
      // Room comes when one of the others is closed for it, long behind the timeout.
      assertThat(held.answer().body().remaining()).isEqualTo(bytes);
    } finally {
      for (HttpClient client : uploads) {
        client.close();
      }
    }
  }

  /** True: the whole body came back. False: the connection was closed. */
  private static boolean finish(HttpClient client) {
    try {
      client.send(new byte[BODY - MOST_OF_IT]);
      return client.answer().body().remaining() == BODY;
    } catch (IOException closed) {
      return false;
    }
  }
}
