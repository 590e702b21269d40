// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcResponse;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who waits until an answer's parts can be written, and what wakes them. */
class AwaitWritableTest {

  /** By another thread of the application. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theEndOfTheAnswerWakesWhoWaits(boolean aborted) throws Exception {
    TestApp app = new TestApp();
    try (HttpNode node = HttpNode.serving(app);
        HttpClient client = node.connect()) {
      String get = " HTTP/1.1\r\nHost: a\r\n\r\n";
      client.send("GET /wait/a" + get + "GET /wait/b" + get);
      RpcContext first = app.nextBegun();
      ResponseBody behind = app.nextBegun().respondStreaming(RpcResponse.of(200));
      CompletableFuture<Boolean> writable = new CompletableFuture<>();
      Thread waiting =
          new Thread(
              () -> {
                try {
                  writable.complete(behind.awaitWritable(Duration.ofMinutes(5)));
                } catch (InterruptedException e) {
                  writable.completeExceptionally(e);
                }
              },
              "awaits-writable");
      waiting.start();
      HttpNode.await("it waits", () -> waiting.getState() == Thread.State.TIMED_WAITING);
      if (aborted) {
        behind.abort();
      } else {
        behind.finish();
      }
      assertThat(writable.get(20, TimeUnit.SECONDS)).isFalse();
      waiting.join();
      assertThat(first.respond(RpcResponse.text("a"))).isTrue();
      assertThat(client.answer().text()).isEqualTo("a");
    }
  }
}
