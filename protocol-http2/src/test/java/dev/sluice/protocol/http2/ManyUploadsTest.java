// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.LengthAnswer;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Honest uploads of many connections at once never fill the node so that one of them is lost. */
@Timeout(120)
class ManyUploadsTest {

  private static final int LIMIT = 16 << 20;
  private static final int PART = 16 << 10;

  private final ExecutorService threads = Executors.newCachedThreadPool();

  @AfterEach
  void end() {
    threads.shutdownNow();
  }

  private static HttpNode node(TestApp app) throws Exception {
    HttpNode.Options options = new Settings().options();
    options.protocol = new Http2Protocol();
    options.inboundQueueLimit = LIMIT;
    options.allocator = HttpNode.untraced();
    return options.start(app);
  }

  /** The uploads of one connection: as much of each, in turn, as the windows allow. */
  private static final class Uploads {
    private final PoliteClient client;
    private final Map<Integer, Integer> left = new LinkedHashMap<>();

    Uploads(PoliteClient client) {
      this.client = client;
    }

    void begin(String path, int count, int bytes) throws IOException {
      for (int i = 0; i < count; i++) {
        left.put(client.begin("POST", path, false), bytes);
      }
    }

    /** False: no window is open. */
    boolean sendSome() throws IOException {
      boolean sent = false;
      for (Map.Entry<Integer, Integer> upload : left.entrySet()) {
        int stream = upload.getKey();
        int bytes = Math.min(Math.min(client.credit(stream), PART), upload.getValue());
        if (bytes > 0) {
          upload.setValue(upload.getValue() - bytes);
          client.send(stream, new byte[bytes], upload.getValue() == 0);
          sent = true;
        }
      }
      return sent;
    }

    /** All that the windows let go, and what they are opened for meanwhile. */
    Boolean fill() throws IOException {
      do {
        while (sendSome()) {
          // As long as there is a window.
        }
        client.turn();
      } while (sendSome());
      return true;
    }

    private boolean isOpen() {
      return left.entrySet().stream()
          .anyMatch(upload -> upload.getValue() > 0 && client.credit(upload.getKey()) > 0);
    }

    /** To the last byte and its answer. */
    Boolean finish() throws IOException {
      while (left.values().stream().anyMatch(bytes -> bytes > 0)) {
        client.until(this::isOpen);
        boolean unused = sendSome();
      }
      for (int stream : left.keySet()) {
        assertThat(client.whole(stream).status()).isEqualTo("200");
      }
      return true;
    }
  }

  private static void all(List<Future<Boolean>> parts) throws Exception {
    for (Future<Boolean> part : parts) {
      assertThat(part.get()).isTrue();
    }
  }

  private interface Step {
    Boolean of(Uploads uploads) throws Exception;
  }

  private void each(List<Uploads> all, Step step) throws Exception {
    List<Callable<Boolean>> calls = new ArrayList<>();
    all.forEach(one -> calls.add(() -> step.of(one)));
    all(threads.invokeAll(calls));
  }

  @ParameterizedTest
  @EnumSource(
      value = Execution.class,
      names = {"EVENT_LOOP", "WORKERS"})
  void handlersThatWaitOnManyConnectionsNeverFillTheNode(Execution execution) throws Exception {
    TestApp app = new TestApp(execution);
    List<Uploads> all = new ArrayList<>();
    try (HttpNode node = node(app)) {
      for (int i = 0; i < 6; i++) {
        all.add(new Uploads(PoliteClient.connect(node.port())));
      }
      each(
          all,
          one -> {
            one.begin("/never-reads", 80, 256 << 10);
            return one.fill();
          });
      assertThat(node.inboundQueued()).as("what is unread").isBetween(1L << 20, (long) LIMIT);
      try (PoliteClient other = PoliteClient.connect(node.port())) {
        assertThat(other.whole(other.post("/echo", new byte[900_000])).length())
            .as("of another connection")
            .isEqualTo(900_000);
      }
      PoliteClient first = all.get(0).client;
      assertThat(first.whole(first.post("/echo", new byte[900_000])).length())
          .as("of the same connection")
          .isEqualTo(900_000);
      for (int i = 0; i < 6 * 80; i++) {
        RpcContext request = app.nextBegun();
        request.receive(new LengthAnswer(request));
      }
      each(all, Uploads::finish);
      assertThat(node.counted("inbound_full")).isZero();
      assertThat(node.metrics().closes())
          .as("connections lost")
          .doesNotContainKey("inbound_budget");
      HttpNode.await("nothing is held", () -> node.inboundQueued() == 0);
      HttpNode.await("nothing is promised", () -> node.inboundPromised() == 0);
    } finally {
      all.forEach(one -> one.client.close());
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Execution.class,
      names = {"EVENT_LOOP", "WORKERS"})
  void bodiesThatAreWantedWholeNeverFillTheNode(Execution execution) throws Exception {
    List<Uploads> all = new ArrayList<>();
    try (HttpNode node = node(new TestApp(execution))) {
      for (int i = 0; i < 6; i++) {
        all.add(new Uploads(PoliteClient.connect(node.port())));
      }
      each(
          all,
          one -> {
            one.begin("/read-first", 40, 600 << 10);
            return one.finish();
          });
      assertThat(node.counted("inbound_full")).isZero();
      assertThat(node.metrics().closes()).as("connections lost").isEmpty();
      HttpNode.await("nothing is held", () -> node.inboundQueued() == 0);
      HttpNode.await("nothing is promised", () -> node.inboundPromised() == 0);
    } finally {
      all.forEach(one -> one.client.close());
    }
  }

  /**
   * They do not end, and go no further for want of room that they have been promised themselves.
   */
  @Test
  void thoseWhoFillTheNodeMakeRoomForOneWithLittle() throws Exception {
    List<PoliteClient> filling = new ArrayList<>();
    try (HttpNode node = node(new TestApp(Execution.EVENT_LOOP))) {
      for (int i = 0; i < 8; i++) {
        PoliteClient client = PoliteClient.connect(node.port());
        filling.add(client);
        for (int stream = 0; stream < 100; stream++) {
          client.send(client.begin("POST", "/echo", false), new byte[1000], false);
        }
      }
      HttpNode.await(
          "a full node", () -> node.inboundPromised() + node.inboundQueued() > LIMIT * 3L / 4);
      long begun = System.nanoTime();
      try (PoliteClient other = PoliteClient.connect(node.port())) {
        assertThat(other.whole(other.post("/echo", new byte[60_000])).status()).isEqualTo("200");
      }
      assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(15));
    } finally {
      filling.forEach(PoliteClient::close);
    }
  }
}
