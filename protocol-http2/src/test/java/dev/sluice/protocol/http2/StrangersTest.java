// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static dev.sluice.protocol.http2.FrameClient.ACK;
import static dev.sluice.protocol.http2.FrameClient.CONTINUATION;
import static dev.sluice.protocol.http2.FrameClient.END_HEADERS;
import static dev.sluice.protocol.http2.FrameClient.GOAWAY;
import static dev.sluice.protocol.http2.FrameClient.PING;
import static dev.sluice.protocol.http2.FrameClient.PUSH_PROMISE;
import static dev.sluice.protocol.http2.FrameClient.SETTINGS;
import static dev.sluice.protocol.http2.FrameClient.frame;
import static dev.sluice.protocol.http2.FrameClient.request;
import static io.netty.handler.codec.http2.Http2Error.PROTOCOL_ERROR;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http1.HttpNode;
import dev.sluice.protocol.http1.Settings;
import dev.sluice.protocol.http2.FrameClient.Frame;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceAccessMode;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/** Who speaks something else, or takes the node for a client. */
@ResourceLock(value = HttpNode.LOG, mode = ResourceAccessMode.READ)
class StrangersTest {

  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  @SuppressWarnings("ArrayRecordComponent") // a test reads it
  record Greeting(String name, byte[] bytes) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new Random(42).nextBytes(bytes);
    return bytes;
  }

  private static byte[] afterPreface(byte[] frame) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.writeBytes(PREFACE);
    bytes.writeBytes(frame);
    return bytes.toByteArray();
  }

  @SuppressWarnings("unused") // by its name
  private static final List<Greeting> GREETINGS =
      List.of(
          new Greeting("HTTP/1.1", text("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")),
          new Greeting("the begin of HTTP/1.1", text("GET")),
          new Greeting("HTTP/1.1 that begins alike", text("PRI * HTTP/1.1\r\n\r\n")),
          new Greeting("the preface but for its end", text("PRI * HTTP/2.0\r\n\r\nSM\r\n\rX")),
          new Greeting("TLS", text("\26\3\1\0\305\1\0\0\301\3\3" + "r".repeat(190))),
          new Greeting("TLS, cut", text("\26")),
          new Greeting("noise", random(2000)),
          new Greeting("another frame than SETTINGS", afterPreface(frame(PING, 0, 0, new byte[8]))),
          new Greeting("an acknowledgement", afterPreface(frame(SETTINGS, ACK, 0, new byte[0]))));

  @ParameterizedTest
  @FieldSource("GREETINGS")
  void whoDoesNotSpeakHttp2IsToldSoAndSentAway(Greeting greeting) throws Exception {
    try (AttackedNode attacked = new AttackedNode(new Settings());
        FrameClient stranger = FrameClient.raw(attacked.port())) {
      stranger.send(greeting.bytes());
      attacked.sentAway(stranger, PROTOCOL_ERROR, "http2_protocol_error");
    }
  }

  @Test
  void aClientThatPushesIsSentAway() throws Exception {
    try (AttackedNode attacked = new AttackedNode(new Settings());
        FrameClient client = attacked.attacker()) {
      int stream = client.request(request("POST", "/sink"), false);
      ByteArrayOutputStream payload = new ByteArrayOutputStream();
      payload.writeBytes(FrameClient.number(2));
      payload.writeBytes(client.encode(request("GET", "/hello")));
      client.write(PUSH_PROMISE, END_HEADERS, stream, payload.toByteArray());
      attacked.sentAway(client, PROTOCOL_ERROR, "http2_protocol_error");
    }
  }

  @Test
  void aContinuationOfNothingIsSentAway() throws Exception {
    try (AttackedNode attacked = new AttackedNode(new Settings());
        FrameClient client = attacked.attacker()) {
      client.write(CONTINUATION, END_HEADERS, 1, client.encode(request("GET", "/hello")));
      attacked.sentAway(client, PROTOCOL_ERROR, "http2_protocol_error");
    }
  }

  @Test
  void anotherFrameWithinAHeaderBlockIsSentAway() throws Exception {
    try (AttackedNode attacked = new AttackedNode(new Settings());
        FrameClient client = attacked.attacker()) {
      client.write(FrameClient.HEADERS, 0, 1, client.encode(request("GET", "/hello")));
      client.write(PING, 0, 0, new byte[8]);
      attacked.sentAway(client, PROTOCOL_ERROR, "http2_protocol_error");
    }
  }

  /** RFC 9113, section 6.8: it tells what the node may still begin, which is nothing anyway. */
  @Test
  void aClientThatSaysItWillGoIsServedUntilItDoes() throws Exception {
    try (AttackedNode attacked = new AttackedNode(new Settings());
        FrameClient client = attacked.attacker()) {
      int stream = client.get("/wait/x");
      client.write(GOAWAY, 0, 0, new byte[8]);
      assertThat(attacked.app().nextBegun().respond(RpcResponse.text("whole"))).isTrue();
      assertThat(client.awaitHeaders(stream).status()).isEqualTo("200");
      assertThat(client.body(stream)).asString().isEqualTo("whole");
      AttackedNode.serve(client);
    }
  }

  @Test
  void theNodeNeverPushes() throws Exception {
    int enablePush = 2;
    try (AttackedNode attacked = new AttackedNode(new Settings());
        FrameClient client = attacked.attacker(enablePush, 1)) {
      for (int i = 0; i < 20; i++) {
        int stream = client.get("/hello");
        Frame frame;
        do {
          frame = client.next();
          assertThat(frame).isNotNull();
          assertThat(frame.type()).isNotEqualTo(PUSH_PROMISE);
          assertThat(frame.stream()).isIn(0, stream);
        } while (!frame.ends());
      }
    }
  }
}
