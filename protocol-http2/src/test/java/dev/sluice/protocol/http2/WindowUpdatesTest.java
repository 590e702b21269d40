// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static dev.sluice.protocol.http2.FrameClient.DATA;
import static dev.sluice.protocol.http2.FrameClient.INITIAL_WINDOW;
import static dev.sluice.protocol.http2.FrameClient.WINDOW_UPDATE;
import static dev.sluice.protocol.http2.FrameClient.frame;
import static dev.sluice.protocol.http2.FrameClient.number;
import static io.netty.handler.codec.http2.Http2Error.ENHANCE_YOUR_CALM;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientSettings;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Received;
import dev.sluice.protocol.http1.ScriptedServer;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http1.TestApp;
import dev.sluice.protocol.http2.FrameClient.Frame;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Windows that are opened in small steps: by as much as was sent that is a peer with a small
 * buffer, by more it is a flood.
 */
@Timeout(60)
@ResourceLock(value = HttpNode.LOG, mode = ResourceAccessMode.READ)
class WindowUpdatesTest {

  private static final int CONTROL_FRAMES = 100;
  private static final int STREAM_WINDOW = 1 << 20;
  private static final int PLENTY = 1 << 30;
  private static final int DOWNLOAD = 8 << 20;
  private static final int UPLOAD = 3 << 19;

  private static HttpNode node() throws Exception {
    Settings settings = new Settings();
    settings.maxControlFrames = CONTROL_FRAMES;
    return RequestsTest.node(settings, new TestApp());
  }

  /** Opens both windows in steps for what has come, a burst of it at once. */
  private static final class Steps {

    private final FrameClient peer;
    private final int step;
    private final int burst;
    private int owed;

    Steps(FrameClient peer, int step, int burst) {
      this.peer = peer;
      this.step = step;
      this.burst = burst;
    }

    void took(Frame data) throws Exception {
      owed += data.payload().length;
      if (owed < burst) {
        return;
      }
      ByteArrayOutputStream updates = new ByteArrayOutputStream();
      for (; owed >= step; owed -= step) {
        updates.writeBytes(frame(WINDOW_UPDATE, 0, 0, number(step)));
        updates.writeBytes(frame(WINDOW_UPDATE, 0, data.stream(), number(step)));
      }
      peer.send(updates.toByteArray());
    }
  }

  /** The bursts are those of a client whose application was busy for a while. */
  @ParameterizedTest
  @ValueSource(ints = {512, 1024, 4096, 8192})
  void whoGivesBackWhatItWasSentIsNoFlood(int step) throws Exception {
    try (HttpNode node = node();
        FrameClient client = FrameClient.connect(node.port(), INITIAL_WINDOW, STREAM_WINDOW)) {
      client.window(0, PLENTY);
      int stream = client.get("/bytes/" + DOWNLOAD);
      Steps steps = new Steps(client, step, STREAM_WINDOW / 2);
      long length = 0;
      Frame frame;
      do {
        frame = client.await(one -> one.type() == DATA || one.type() == FrameClient.GOAWAY);
        assertThat(frame.type()).as("no GOAWAY after %s bytes", length).isEqualTo(DATA);
        assertThat(frame.stream()).isEqualTo(stream);
        length += frame.payload().length;
        steps.took(frame);
      } while (!frame.ends());
      assertThat(length).isEqualTo(DOWNLOAD);
      assertThat(node.counted("window_update_flood")).isZero();
    }
  }

  /** A stream of small messages, each of them given back by itself. */
  @Test
  void eachFrameMayBeGivenBackHoweverSmall() throws Exception {
    TestApp app = new TestApp();
    Settings settings = new Settings();
    settings.maxControlFrames = CONTROL_FRAMES;
    try (HttpNode node = RequestsTest.node(settings, app);
        FrameClient client = FrameClient.connect(node.port())) {
      int stream = client.get("/wait/ticks");
      ResponseBody answer = app.nextBegun().respondStreaming(RpcResponse.of(200));
      ByteArrayOutputStream updates = new ByteArrayOutputStream();
      for (int i = 0; i < 5 * CONTROL_FRAMES; i++) {
        assertThat(answer.write(Unpooled.wrappedBuffer(new byte[] {1}))).isTrue();
        Frame data = client.await(one -> one.type() == DATA || one.type() == FrameClient.GOAWAY);
        assertThat(data.type()).as("no GOAWAY").isEqualTo(DATA);
        updates.writeBytes(frame(WINDOW_UPDATE, 0, 0, number(1)));
        updates.writeBytes(frame(WINDOW_UPDATE, 0, stream, number(1)));
      }
      client.send(updates.toByteArray());
      AttackedNode.serve(client);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 100})
  void whatWasSentPaysForNoMoreThanItIsWorth(int increment) throws Exception {
    Settings settings = new Settings();
    settings.maxControlFrames = CONTROL_FRAMES;
    try (AttackedNode attacked = new AttackedNode(settings);
        FrameClient attacker = attacked.attacker()) {
      int sent = 60_000;
      int stream = attacker.get("/bytes/" + sent);
      assertThat(attacker.body(stream)).hasSize(sent);
      int paid = sent / Floods.LEAST_GIVEN_BACK;
      attacker.flood(frame(WINDOW_UPDATE, 0, 0, number(increment)), 4 * (paid + CONTROL_FRAMES));
      attacked.sentAway(attacker, ENHANCE_YOUR_CALM, "window_update_flood");
    }
  }

  @Test
  void windowsThatAreOpenedFarBeyondWhatWasSentAreAFlood() throws Exception {
    Settings settings = new Settings();
    settings.maxControlFrames = CONTROL_FRAMES;
    try (AttackedNode attacked = new AttackedNode(settings);
        FrameClient attacker = attacked.attacker()) {
      assertThat(attacker.body(attacker.get("/bytes/60000"))).hasSize(60_000);
      attacker.flood(frame(WINDOW_UPDATE, 0, 0, number(60_000)), 5 * CONTROL_FRAMES);
      attacked.sentAway(attacker, ENHANCE_YOUR_CALM, "window_update_flood");
    }
  }

  // ---- the node as a client

  /** The server reads no sooner than most of an upload has come. */
  private static void upload(int serversStep, HttpClientSettings settings, boolean taken)
      throws Exception {
    byte[] body = new byte[UPLOAD];
    try (HttpNode node = node();
        ScriptedServer server =
            new ScriptedServer(
                peer -> {
                  try (FrameClient side =
                      FrameClient.server(peer.socket, INITIAL_WINDOW, STREAM_WINDOW)) {
                    side.window(0, PLENTY);
                    int stream = side.awaitRequest().stream();
                    Steps steps = new Steps(side, serversStep, STREAM_WINDOW / 2);
                    Frame frame;
                    do {
                      frame = side.next();
                      if (frame != null && frame.type() == DATA) {
                        steps.took(frame);
                      }
                    } while (frame != null && !frame.ends());
                    if (frame != null) {
                      side.respond(stream, 200, true);
                      side.awaitEnd();
                    }
                  }
                })) {
      Received received = new Received();
      node.session(
              server.target(),
              OutboundOptions.plaintext().toBuilder().settings(settings).build(),
              "HTTP2")
          .send(HttpClientRequest.of("POST", "/").body(Unpooled.wrappedBuffer(body)), received);
      received.await();
      assertThat(received.failure == null).as("%s", received.failure).isEqualTo(taken);
    }
  }

  @Test
  void uploadsToAServerThatReadsInSmallStepsEnd() throws Exception {
    upload(4096, HttpClientSettings.DEFAULTS.withMaxControlFrames(CONTROL_FRAMES), true);
  }

  @Test
  void theAllowanceOfAServerCanBeSet() throws Exception {
    upload(128, HttpClientSettings.DEFAULTS.withMaxControlFrames(CONTROL_FRAMES), false);
    upload(128, HttpClientSettings.DEFAULTS.withMaxControlFrames(100_000), true);
  }
}
