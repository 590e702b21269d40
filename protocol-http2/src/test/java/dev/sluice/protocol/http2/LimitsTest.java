// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static dev.sluice.protocol.http2.FrameClient.DATA;
import static dev.sluice.protocol.http2.FrameClient.END_HEADERS;
import static dev.sluice.protocol.http2.FrameClient.END_STREAM;
import static dev.sluice.protocol.http2.FrameClient.HEADERS;
import static dev.sluice.protocol.http2.FrameClient.PADDED;
import static dev.sluice.protocol.http2.FrameClient.RST_STREAM;
import static dev.sluice.protocol.http2.FrameClient.request;
import static io.netty.handler.codec.http2.Http2Error.ENHANCE_YOUR_CALM;
import static io.netty.handler.codec.http2.Http2Error.FLOW_CONTROL_ERROR;
import static io.netty.handler.codec.http2.Http2Error.FRAME_SIZE_ERROR;
import static io.netty.handler.codec.http2.Http2Error.NO_ERROR;
import static io.netty.handler.codec.http2.Http2Error.PROTOCOL_ERROR;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.rpc.CancelReason;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http2.FrameClient.Frame;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.IOException;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sizes and counts: what is just at the limit is served, what is beyond is refused. */
@ResourceLock(value = HttpNode.LOG, mode = ResourceAccessMode.READ)
class LimitsTest {

  private static final int MAX_HEADER = 2048;
  private static final int MAX_COUNT = 20;
  private static final int MAX_TARGET = 100;
  private static final int MAX_BODY = 40_000;
  private static final int MAX_FRAME = 16 << 10;

  private static AttackedNode node() throws Exception {
    Settings settings = new Settings();
    settings.maxHeader = MAX_HEADER;
    settings.maxCount = MAX_COUNT;
    settings.maxTarget = MAX_TARGET;
    settings.maxBody = MAX_BODY;
    settings.maxFrame = MAX_FRAME;
    return new AttackedNode(settings);
  }

  /** RFC 9113, section 6.5.2: name, value and 32 of each. */
  private static int size(Http2Headers headers) {
    int size = 0;
    for (Map.Entry<CharSequence, CharSequence> field : headers) {
      size += field.getKey().length() + field.getValue().length() + 32;
    }
    return size;
  }

  private static Http2Headers sized(int size) {
    Http2Headers headers = request("GET", "/hello").add("x", "");
    return headers.set("x", "y".repeat(size - size(headers)));
  }

  // ---- header fields

  @Test
  void headerFieldsAsLargeAsAllowedAreTaken() throws Exception {
    try (AttackedNode attacked = node();
        FrameClient client = attacked.attacker()) {
      assertThat(client.awaitHeaders(client.request(sized(MAX_HEADER), true)).status())
          .isEqualTo("200");
    }
  }

  @Test
  void headerFieldsAByteLargerAreRefused() throws Exception {
    try (AttackedNode attacked = node();
        FrameClient client = attacked.attacker()) {
      int stream = client.request(sized(MAX_HEADER + 1), true);
      attacked.answeredFor(client, stream, 431, "headers_too_large");
    }
  }

  @Test
  void headerFieldsFarLargerEndTheConnectionBeforeTheyAreKept() throws Exception {
    try (AttackedNode attacked = node();
        FrameClient attacker = attacked.attacker()) {
      // Its frame is announced, and its block does not come.
      byte[] frame = FrameClient.frame(HEADERS, END_HEADERS, 1, new byte[MAX_FRAME]);
      attacker.send(Arrays.copyOf(frame, 9));
      attacked.sentAway(attacker, ENHANCE_YOUR_CALM, "headers_too_large");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void asManyHeaderFieldsAsAllowedAreTakenAndNoMore(boolean authority) throws Exception {
    try (AttackedNode attacked = node();
        FrameClient client = attacked.attacker()) {
      Http2Headers headers = request("GET", "/hello");
      int more = MAX_COUNT;
      if (!authority) {
        headers.remove(":authority");
        headers.add("host", "localhost");
        more--;
      }
      for (int i = 0; i < more; i++) {
        headers.add("x", "y");
      }
      assertThat(client.awaitHeaders(client.request(headers, true)).status()).isEqualTo("200");
      int stream = client.request(headers.add("x", "y"), true);
      attacked.answeredFor(client, stream, 431, "headers_too_large");
    }
  }

  @Test
  void trailersAreBoundedAsHeaderFieldsAre() throws Exception {
    try (AttackedNode attacked = node();
        FrameClient client = attacked.attacker()) {
      Http2Headers trailers = request("GET", "/").clear();
      for (int i = 0; i < MAX_COUNT; i++) {
        trailers.add(i == 0 ? "x-sum" : "x", "y");
      }
      int stream = client.request(request("POST", "/trailers"), false);
      client.write(HEADERS, END_HEADERS | END_STREAM, stream, client.encode(trailers));
      assertThat(client.awaitHeaders(stream).status()).isEqualTo("200");
      assertThat(client.body(stream)).asString().isEqualTo("y");

      int over = client.request(request("POST", "/trailers"), false);
      trailers.add("x", "y");
      client.write(HEADERS, END_HEADERS | END_STREAM, over, client.encode(trailers));
      attacked.answeredFor(client, over, 431, "headers_too_large");
    }
  }

  /** The stream exists, so that there is somebody to be told, and a table to be kept in step. */
  @Test
  void trailersThatAreTooLargeEndTheStream() throws Exception {
    try (AttackedNode attacked = node();
        FrameClient client = attacked.attacker()) {
      int stream = client.request(request("POST", "/wait/x"), false);
      Http2Headers trailers = request("GET", "/").clear().add("x", "y".repeat(MAX_HEADER));
      client.write(HEADERS, END_HEADERS | END_STREAM, stream, client.encode(trailers));
      assertThat(client.awaitHeaders(stream).status()).isEqualTo("431");
      HttpNode.await("it is told", () -> !attacked.app().cancelled.isEmpty());
      AttackedNode.serve(client);
    }
  }

  @Test
  void aTargetAsLongAsAllowedIsTakenAndNoLonger() throws Exception {
    try (AttackedNode attacked = node();
        FrameClient client = attacked.attacker()) {
      String longest = "/hello?" + "q".repeat(MAX_TARGET - 7);
      assertThat(client.awaitHeaders(client.get(longest)).status()).isEqualTo("200");
      attacked.answeredFor(client, client.get(longest + "q"), 414, "target_too_long");
    }
  }

  // ---- bodies

  private static void send(FrameClient client, int stream, int length) throws IOException {
    for (int left = length; left > 0; left -= MAX_FRAME) {
      client.data(stream, new byte[Math.min(left, MAX_FRAME)], left <= MAX_FRAME);
    }
  }

  private static Http2Headers upload(boolean declared, String path, int length) {
    Http2Headers headers = request("POST", path);
    return declared ? headers.set("content-length", Integer.toString(length)) : headers;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aBodyAsLongAsAllowedIsTaken(boolean declared) throws Exception {
    try (AttackedNode attacked = node();
        FrameClient client = attacked.attacker()) {
      int stream = client.request(upload(declared, "/echo", MAX_BODY), false);
      send(client, stream, MAX_BODY);
      assertThat(client.awaitHeaders(stream).status()).isEqualTo("200");
      assertThat(client.body(stream)).hasSize(MAX_BODY);
    }
  }

  @Test
  void aBodyThatIsDeclaredTooLongIsRefusedBeforeItComes() throws Exception {
    try (AttackedNode attacked = node();
        FrameClient client = attacked.attacker()) {
      int stream = client.request(upload(true, "/wait/x", MAX_BODY + 1), false);
      attacked.answeredFor(client, stream, 413, "body_too_large");
      assertThat(attacked.app().begun).isEmpty();
      // All the same it may have been on its way.
      send(client, stream, MAX_BODY + 1);
      AttackedNode.serve(client);
    }
  }

  @Test
  void aBodyThatTurnsOutTooLongIsRefusedAndItsHandlerHears() throws Exception {
    try (AttackedNode attacked = node();
        FrameClient client = attacked.attacker()) {
      int stream = client.request(upload(false, "/wait/x", 0), false);
      attacked.app().nextBegun().receiveWhole(body -> attacked.app().called.add("never"));
      send(client, stream, MAX_BODY + 1);
      attacked.answeredFor(client, stream, 413, "body_too_large");
      HttpNode.await("it hears", () -> !attacked.app().cancelled.isEmpty());
      assertThat(attacked.app().cancelled).containsExactly(CancelReason.BAD_REQUEST);
      assertThat(attacked.app().called).doesNotContain("never");
    }
  }

  @Test
  void aBodyWithoutAnEndIsStoppedByAReset() throws Exception {
    try (AttackedNode attacked = node();
        FrameClient attacker = attacked.attacker()) {
      int stream = attacker.request(request("POST", "/sink"), false);
      // Whatever is on its way already is dropped.
      boolean unused =
          attacker.flood(FrameClient.frame(DATA, 0, stream, new byte[1000]), 2 * MAX_BODY / 1000);
      Frame answer = attacker.awaitHeaders(stream);
      assertThat(answer.status()).isEqualTo("413");
      assertThat(attacker.awaitReset(stream).errorCode()).isEqualTo((int) NO_ERROR.code());
      AttackedNode.serve(attacker);
    }
  }

  // ---- frames and windows

  @Test
  void aFrameAsLargeAsAllowedIsTaken() throws Exception {
    try (AttackedNode attacked = node();
        FrameClient client = attacked.attacker()) {
      int stream = client.request(request("POST", "/sink"), false);
      client.data(stream, new byte[MAX_FRAME], true);
      assertThat(client.body(stream)).asString().isEqualTo(Integer.toString(MAX_FRAME));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {DATA, 0x42})
  void aLargerFrameEndsTheConnectionBeforeItIsKept(int type) throws Exception {
    try (AttackedNode attacked = node();
        FrameClient attacker = attacked.attacker()) {
      int stream = attacker.request(request("POST", "/sink"), false);
      byte[] frame = FrameClient.frame(type, 0, stream, new byte[MAX_FRAME + 1]);
      attacker.send(Arrays.copyOf(frame, 9));
      attacked.sentAway(attacker, FRAME_SIZE_ERROR, "http2_frame_size_error");
    }
  }

  @Test
  void anInterfaceMayTakeLargerFrames() throws Exception {
    Settings settings = new Settings();
    settings.maxFrame = 64 << 10;
    settings.maxStreams = 10;
    try (AttackedNode attacked = new AttackedNode(settings);
        FrameClient client = attacked.attacker()) {
      int stream = client.request(request("POST", "/sink"), false);
      client.data(stream, new byte[64 << 10], true);
      assertThat(client.body(stream)).asString().isEqualTo("65536");
    }
  }

  private static AttackedNode smallWindows() throws Exception {
    Settings settings = new Settings();
    settings.window = 80_000;
    settings.maxStreams = 10;
    return new AttackedNode(settings);
  }

  @Test
  void aClientMaySendAsMuchAsItsWindowSays() throws Exception {
    try (AttackedNode attacked = smallWindows();
        FrameClient client = attacked.attacker()) {
      int stream = client.request(request("POST", "/never-reads"), false);
      for (int i = 0; i < 5; i++) {
        client.data(stream, new byte[16_000], false);
      }
      AttackedNode.serve(client);
      assertThat(attacked.node().inboundQueued()).isBetween(80_000L, 100_000L);
      client.reset(stream);
      HttpNode.await("nothing is kept", () -> attacked.node().inboundQueued() == 0);
    }
  }

  @Test
  void aClientThatSendsBeyondItsWindowIsReset() throws Exception {
    try (AttackedNode attacked = smallWindows();
        FrameClient attacker = attacked.attacker()) {
      int stream = attacker.request(request("POST", "/never-reads"), false);
      // What is gathered before the node stops giving back comes on top.
      boolean unused = attacker.flood(FrameClient.frame(DATA, 0, stream, new byte[16_000]), 40);
      attacked.resetFor(attacker, stream, FLOW_CONTROL_ERROR, "http2_flow_control_error");
      HttpNode.await("nothing is kept", () -> attacked.node().inboundQueued() == 0);
    }
  }

  @Test
  void theConnectionsWindowIsNotOpenedByNothingNorTooFar() throws Exception {
    try (AttackedNode attacked = node();
        FrameClient attacker = attacked.attacker()) {
      attacker.window(0, 0);
      attacked.sentAway(attacker, PROTOCOL_ERROR, "http2_protocol_error");
    }
    try (AttackedNode attacked = node();
        FrameClient attacker = attacked.attacker()) {
      attacker.window(0, Integer.MAX_VALUE);
      attacked.sentAway(attacker, FLOW_CONTROL_ERROR, "http2_flow_control_error");
    }
  }

  // ---- padding

  private static byte[] padded(int data, int padding) {
    byte[] payload = new byte[1 + data + padding];
    payload[0] = (byte) padding;
    return payload;
  }

  /** Far more than the windows: padding is given back as a body's bytes are, and is none of it. */
  @Test
  void paddingIsNoPartOfABody() throws Exception {
    try (AttackedNode attacked = node();
        FrameClient client = attacked.attacker()) {
      int stream = client.request(request("POST", "/sink"), false);
      byte[] frame = FrameClient.frame(DATA, PADDED, stream, padded(1, 255));
      assertThat(client.flood(frame, 4000)).isTrue();
      client.data(stream, new byte[0], true);
      assertThat(client.body(stream)).asString().isEqualTo("4000");
      AttackedNode.serve(client);
    }
  }

  @Test
  void paddingLongerThanItsFrameEndsTheConnection() throws Exception {
    try (AttackedNode attacked = node();
        FrameClient attacker = attacked.attacker()) {
      int stream = attacker.request(request("POST", "/sink"), false);
      attacker.write(DATA, PADDED, stream, new byte[] {5, 0, 0, 0, 0});
      attacked.sentAway(attacker, PROTOCOL_ERROR, "http2_protocol_error");
    }
  }

  /** What comes behind a reset costs nothing but the reading, and no further reset. */
  @Test
  void whatComesForAStreamThatWasResetIsDropped() throws Exception {
    try (AttackedNode attacked = node();
        FrameClient attacker = attacked.attacker()) {
      int stream = attacker.request(request("POST", "/wait/x").set("content-length", "1"), false);
      boolean unused = attacker.flood(FrameClient.frame(DATA, 0, stream, new byte[1000]), 4000);
      assertThat(attacker.awaitReset(stream).errorCode()).isEqualTo((int) PROTOCOL_ERROR.code());
      int next = attacker.get("/hello");
      Frame frame;
      do {
        frame = attacker.next();
        assertThat(frame).isNotNull();
        assertThat(frame.type()).isNotEqualTo(RST_STREAM);
      } while (frame.stream() != next || !frame.ends());
      assertThat(attacked.node().counted("http2_protocol_error")).isEqualTo(1);
    }
  }
}
