// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.api.rpc.RpcMap;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.api.rpc.RpcService;
import dev.sluice.protocol.http1.TestApp;
import dev.sluice.testkit.ConversationScript;
import dev.sluice.testkit.InMemoryConnection;
import dev.sluice.testkit.InMemoryNodeContext;
import dev.sluice.testkit.InMemoryPlatform;
import dev.sluice.testkit.SessionContract;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayOutputStream;
import java.util.List;
import org.junit.jupiter.api.Test;

/** HTTP/2 keeps the contract of a session. */
class Http2ContractTest extends SessionContract {

  private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  private static final byte[] NOTHING = {};

  /** Any frame's fields are as long as they say; what they say is looked at elsewhere. */
  private static final String ANY = "[\\x00-\\xff]";

  /** It may be said between any two frames, and more than once. */
  private static final String GOAWAYS = "(?:\0\0\\x08\\x07\0\0\0\0\0" + ANY + "{8})*";

  private static final String SETTINGS = "\0\0\\x18\\x04\0\0\0\0\0" + ANY + "{24}" + GOAWAYS;
  private static final String ACKNOWLEDGED = "\0\0\0\\x04\\x01\0\0\0\0" + GOAWAYS;
  private static final String CONNECTION_WINDOW =
      "\0\0\\x04\\x08\0\0\0\0\0" + ANY + "{4}" + GOAWAYS;

  private final TestApp app = new TestApp();

  @Override
  protected CustomProtocolSubsystem protocol() {
    return new Http2Protocol();
  }

  @Override
  protected void configure(InMemoryPlatform platform) {
    try {
      app.start(new InMemoryNodeContext("test", Runnable::run));
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    platform.rpc(new RpcMap(HttpConfiguration.defaults(), List.of(RpcService.of(app))));
  }

  @Override
  protected ConversationScript script() {
    byte[] body = "x".repeat(2000).getBytes(ISO_8859_1);
    // One after the other: what is asked for at once may be answered in any order.
    return ConversationScript.builder()
        .stepwise()
        .send(begin(1, "GET", "/hello", true))
        .expectMatching(
            SETTINGS
                + CONNECTION_WINDOW
                + ACKNOWLEDGED
                + head(1)
                + data(1, "\0\0\\x0d", "Hello, World!"))
        .send(join(head(3, "POST", "/echo", false), frame(0, 1, 3, body)))
        .expectMatching(head(3) + data(3, "\0\\x07\\xd0", "x{2000}"))
        .send(
            join(
                head(5, "POST", "/stream", false),
                frame(0, 0, 5, "hello".getBytes(ISO_8859_1)),
                frame(0, 1, 5, NOTHING)))
        .expectMatching(
            head(5)
                + "(?:\0\0\\x05\0\0\0\0\0\\x05hello"
                + GOAWAYS
                + data(5, "\0\0\0", "")
                + "|"
                + data(5, "\0\0\\x05", "hello")
                + ")")
        .send(
            join(
                head(7, "GET", "/say/x", true),
                head(9, "GET", "/say/y", true),
                frame(6, 0, 0, new byte[8])))
        .expectMatching(
            "(?:"
                + head(7)
                + "|"
                + data(7, "\0\0\\x01", "x")
                + "|"
                + head(9)
                + "|"
                + data(9, "\0\0\\x01", "y")
                + "|\0\0\\x08\\x06\\x01\0\0\0\0\0{8}"
                + GOAWAYS
                + "){5}")
        .build();
  }

  @Test
  void askedToEndItFinishesWhatIsInHandAndTakesNothingFromOutside() {
    try (InMemoryPlatform platform = new InMemoryPlatform(protocol())) {
      configure(platform);
      try (InMemoryConnection connection = platform.connect()) {
        connection.feed(begin(1, "GET", "/wait/x", true));
        connection.feed(head(3, "GET", "/wait/y", true));
        int before = connection.received().length;
        assertThat(connection.sendData("x".getBytes(ISO_8859_1))).isFalse();
        assertThat(connection.received()).hasSize(before);

        connection.askToClose();

        connection.runAll();
        assertThat(connection.closeAsked()).isFalse();
        connection.feed(head(5, "GET", "/wait/late", true));
        assertThat(app.waiting).containsOnlyKeys("/wait/x", "/wait/y");
        for (String name : app.waiting.keySet()) {
          assertThat(app.waiting.get(name).respond(RpcResponse.text(name))).isTrue();
        }
        connection.runAll();
        assertThat(connection.closeAsked()).isTrue();
        String all = new String(connection.received(), ISO_8859_1);
        assertThat(all).contains("/wait/x", "/wait/y").doesNotContain("late");
        assertThat(all)
            .as("a GOAWAY after the last")
            .contains("\0\0\u0008\u0007\0\0\0\0\0\0\0\0\u0003");
      }
    }
  }

  // ---- what the client says

  private static byte[] begin(int stream, String method, String path, boolean ended) {
    return join(
        PREFACE.getBytes(ISO_8859_1), frame(4, 0, 0, NOTHING), head(stream, method, path, ended));
  }

  private static byte[] head(int stream, String method, String path, boolean ended) {
    Http2Headers fields = FrameClient.request(method, path);
    var block = Unpooled.buffer();
    try {
      // One that remembers nothing, so that each stands for itself.
      new DefaultHttp2HeadersEncoder((name, value) -> true).encodeHeaders(stream, fields, block);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    byte[] bytes = new byte[block.readableBytes()];
    block.readBytes(bytes);
    return frame(1, ended ? 5 : 4, stream, bytes);
  }

  private static byte[] frame(int type, int flags, int stream, byte[] payload) {
    return FrameClient.frame(type, flags, stream, payload);
  }

  private static byte[] join(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    return all.toByteArray();
  }

  // ---- what it gets to hear

  /** Status 200, its date and further fields, some of which the table may stand for. */
  private static String head(int stream) {
    return "\0\0"
        + ANY
        + "\\x01\\x04\0\0\0"
        + number(stream)
        + "\\x88"
        + ANY
        + "{1,100}?"
        + GOAWAYS;
  }

  private static String data(int stream, String length, String text) {
    return length + "\0\\x01\0\0\0" + number(stream) + text + GOAWAYS;
  }

  private static String number(int number) {
    return String.format("\\x%02x", number);
  }
}
