// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
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
    Settings settings = new Settings();
    settings.window = LIMIT;
    // What else there might be keeps room in the budget.
    settings.maxStreams = UPLOADS;
    HttpNode.Options options = settings.options();
    options.protocol = new Http2Protocol();
    options.inboundQueueLimit = LIMIT;
    Map<PoliteClient, Integer> uploads = new LinkedHashMap<>();
    try (HttpNode node = options.start(new TestApp(execution))) {
      for (int i = 0; i < UPLOADS; i++) {
        PoliteClient client = PoliteClient.connect(node.port());
        client.until(() -> client.connectionCredit() > BODY);
        int stream = client.begin("POST", "/echo", false);
        uploads.put(client, stream);
        client.send(stream, new byte[MOST_OF_IT], false);
      }
      HttpNode.await("a full budget", () -> node.inboundQueued() > LIMIT);
      assertThat(node.inboundQueued())
          .as("a pass beyond the limit for each at the most")
          .isLessThan(LIMIT + UPLOADS * (64 << 10));

      try (PoliteClient other = PoliteClient.connect(node.port())) {
        assertThat(other.whole(other.get("/hello")).text()).isEqualTo("Hello, World!");
      }

      Map<PoliteClient, CompletableFuture<Boolean>> answered = new LinkedHashMap<>();
      uploads.forEach(
          (client, stream) ->
              answered.put(client, CompletableFuture.supplyAsync(() -> finish(client, stream))));
      int whole = 0;
      for (CompletableFuture<Boolean> one : answered.values()) {
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
      uploads.keySet().forEach(PoliteClient::close);
    }
  }

  /** True: the whole body came back. False: the connection was closed. */
  private static boolean finish(PoliteClient client, int stream) {
    try {
      client.send(stream, new byte[BODY - MOST_OF_IT], true);
      return client.whole(stream).length() == BODY;
    } catch (IOException closed) {
      return false;
    }
  }
}
