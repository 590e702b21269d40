// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Execution;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import dev.sluice.protocol.http2.PoliteClient.Answer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A thousand streams of all sizes, and a client that opens its windows in no order at all. */
class ManyStreamsTest {

  private static final int STREAMS = 1000;
  private static final int AT_ONCE = 250;
  private static final int OPENED_A_TURN = 60;
  private static final int[] SIZES = {0, 1, 13, 1000, 16_383, 16_384, 16_385, 65_536, 1 << 18};
  private static final int LARGEST = 1 << 20;

  @ParameterizedTest
  @CsvSource({"1, EVENT_LOOP", "2, EVENT_LOOP", "3, WORKERS"})
  void allOfThemArriveWhole(int seed, Execution execution) throws Exception {
    Settings settings = new Settings();
    settings.maxStreams = AT_ONCE;
    // How often is another matter.
    settings.maxControlFrames = 1_000_000;
    try (HttpNode node = RequestsTest.node(settings, new TestApp(execution));
        PoliteClient client =
            PoliteClient.connect(node.port(), FrameClient.INITIAL_WINDOW, 10_000)) {
      new Run(client, new Random(seed)).all();
      HttpNode.await("nothing is promised", () -> node.inboundPromised() == 0);
    }
  }

  private static final class Run {
    private final PoliteClient client;
    private final Random random;
    private final Map<Integer, byte[]> expected = new HashMap<>();
    private int begun;

    Run(PoliteClient client, Random random) {
      this.client = client;
      this.random = random;
      client.opensWindows = false;
    }

    void all() throws IOException {
      while (begun < STREAMS || !expected.isEmpty()) {
        while (begun < STREAMS && expected.size() < AT_ONCE) {
          begin();
        }
        openSome();
        client.turn();
        List<Integer> streams = new ArrayList<>(expected.keySet());
        for (int stream : streams) {
          look(stream);
        }
      }
    }

    /** Every fourth has a body that comes back. */
    private void begin() throws IOException {
      int length = begun % 50 == 0 ? LARGEST : SIZES[random.nextInt(SIZES.length)];
      byte[] body = new byte[length];
      int stream;
      if (begun++ % 4 == 0) {
        random.nextBytes(body);
        stream = client.post("/echo", body);
      } else {
        for (int i = 0; i < length; i++) {
          body[i] = TestApp.patternAt(i);
        }
        stream = client.get("/bytes/" + length);
      }
      expected.put(stream, body);
    }

    private void openSome() throws IOException {
      if (random.nextInt(10) == 0) {
        client.openInitially(random.nextBoolean() ? 0 : random.nextInt(30_000));
      }
      List<Integer> streams = new ArrayList<>(expected.keySet());
      for (int i = 0; i < OPENED_A_TURN && !streams.isEmpty(); i++) {
        int stream = streams.get(random.nextInt(streams.size()));
        int bytes = 1 + random.nextInt(random.nextInt(4) == 0 ? 100 : 200_000);
        if (client.room(stream) < LARGEST) {
          client.open(stream, bytes);
        }
        client.open(0, 1 + random.nextInt(60_000));
      }
    }

    private void look(int stream) {
      Answer answer = client.so(stream);
      if (answer.done()) {
        assertThat(answer.ended).as("stream %s", stream).isTrue();
        assertThat(answer.bytes().array()).isEqualTo(expected.remove(stream));
        client.forget(stream);
      }
    }
  }
}
