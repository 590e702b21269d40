// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What waits for applications is bounded for the node as a whole, and keeps nobody else out. */
class BudgetTest {

  private static final int LIMIT = 1 << 20;
  private static final int UPLOADS = 3;
  private static final int BODY = 400 << 10;

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
    List<PoliteClient> clients = new ArrayList<>();
    List<CompletableFuture<String>> uploads = new ArrayList<>();
    try (HttpNode node = options.start(new TestApp(execution))) {
      for (int i = 0; i < UPLOADS; i++) {
        PoliteClient client = PoliteClient.connect(node.port());
        clients.add(client);
        uploads.add(CompletableFuture.supplyAsync(() -> upload(client)));
      }
      assertThat(node.inboundQueued()).isLessThan(LIMIT);
      try (PoliteClient other = PoliteClient.connect(node.port())) {
        assertThat(other.whole(other.get("/hello")).text()).isEqualTo("Hello, World!");
      }
      int whole = 0;
      for (CompletableFuture<String> one : uploads) {
        String status = one.get();
        assertThat(status).isIn("200", "503");
        whole += status.equals("200") ? 1 : 0;
      }
      assertThat(whole).as("answered").isPositive();
      assertThat(node.counted("inbound_full")).as("made room").isEqualTo(UPLOADS - whole);
      assertThat(node.metrics().closes()).doesNotContainKey("inbound_budget");
      HttpNode.await("nothing is held", () -> node.inboundQueued() == 0);
      HttpNode.await("nothing is promised", () -> node.inboundPromised() == 0);
    } finally {
      clients.forEach(PoliteClient::close);
    }
  }

  private static String upload(PoliteClient client) {
    try {
      int stream = client.begin("POST", "/echo", false);
      client.send(stream, new byte[BODY], true);
      return client.answer(stream).status();
    } catch (IOException closed) {
      return closed.toString();
    }
  }
}
