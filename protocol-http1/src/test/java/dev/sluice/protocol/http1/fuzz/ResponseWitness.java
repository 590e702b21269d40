// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.sluice.api.ByteSize;
import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.api.outbound.OutboundTarget;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.client.HttpClientException;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpClientSession;
import dev.sluice.protocol.http.client.HttpClientSettings;
import dev.sluice.protocol.http.client.HttpResponseHead;
import dev.sluice.protocol.http.client.HttpResponseReceiver;
import dev.sluice.testkit.InMemoryConnection;
import dev.sluice.testkit.InMemoryPlatform;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A client in memory that writes down which responses it is given, on the real session. */
public final class ResponseWitness {

  /** Small, so that short inputs reach them. */
  private static final HttpClientSettings LIMITS =
      new HttpClientSettings("a", 4, new ByteSize(400), 12, new ByteSize(1024));

  private final List<ReadMessage> read = new ArrayList<>();
  private final List<String> events = new ArrayList<>();
  private int fed;

  /**
   * What came of a server's bytes.
   *
   * @param read responses that came whole, the interim ones too
   * @param events all that the callers heard, in order
   * @param end how the connection ended
   * @param counters of the interface
   */
  public record Outcome(
      List<ReadMessage> read, List<String> events, String end, Map<String, Long> counters) {}

  private ResponseWitness() {}

  /** Asks by the methods at once, gets the pieces one after the other, and the connection ends. */
  public static Outcome of(
      CustomProtocolSubsystem protocol, List<String> methods, List<byte[]> pieces) {
    ResponseWitness witness = new ResponseWitness();
    try (InMemoryPlatform platform = new InMemoryPlatform(protocol)) {
      var asked =
          platform
              .outbound()
              .connect(
                  OutboundTarget.parse("localhost:1"),
                  OutboundOptions.builder().plaintext().settings(LIMITS).build(),
                  protocol.client().orElseThrow())
              .toCompletableFuture();
      InMemoryConnection connection = platform.outbound().attempt(0).accept();
      HttpClientSession session = (HttpClientSession) asked.join().session();
      for (int i = 0; i < methods.size(); i++) {
        session.send(HttpClientRequest.of(methods.get(i), "/" + i), witness.receiver(i));
      }
      connection.runAll();
      for (byte[] piece : pieces) {
        witness.fed += piece.length;
        connection.feed(piece);
      }
      connection.endInput();
      String end = connection.closed() + " " + connection.note();
      return new Outcome(witness.read, witness.events, end, connection.counters());
    }
  }

  private HttpResponseReceiver receiver(int call) {
    return new HttpResponseReceiver() {
      private final StringBuilder body = new StringBuilder();
      private String status = "";
      private List<String> fields = List.of();

      @Override
      public void interim(HttpResponseHead head) {
        List<String> said = ReadMessage.texts(head.headers());
        events.add(call + " interim " + head.status() + ' ' + said);
        read.add(new ReadMessage(Integer.toString(head.status()), said, "", List.of(), fed));
      }

      @Override
      public void head(HttpResponseHead head) {
        status = Integer.toString(head.status());
        fields = ReadMessage.texts(head.headers());
        events.add(
            call + " " + head.protocol() + ' ' + status + ' ' + fields + head.contentLength());
      }

      @Override
      public void part(ByteBuf data) {
        body.append(data.toString(ISO_8859_1));
      }

      @Override
      public void end(RpcHeaders trailers) {
        List<String> last = ReadMessage.texts(trailers);
        read.add(new ReadMessage(status, fields, body.toString(), last, fed));
        events.add(call + " end " + body + ' ' + last);
      }

      @Override
      public void failed(HttpClientException failure) {
        events.add(call + " failed " + failure.kind() + ' ' + failure.sent() + " behind " + body);
      }
    };
  }
}
