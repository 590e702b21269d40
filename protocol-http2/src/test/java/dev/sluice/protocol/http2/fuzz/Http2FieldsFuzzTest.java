// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.http1.fuzz.Pieces;
import dev.sluice.protocol.http1.fuzz.ReadMessage;
import dev.sluice.protocol.http1.fuzz.RequestWitness;
import dev.sluice.protocol.http1.fuzz.RequestWitness.Outcome;
import dev.sluice.protocol.http2.Http2Protocol;
import dev.sluice.testkit.fuzz.FuzzTarget;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;

/**
 * Blocks of header fields (RFC 7541), each a request: in one frame or in several it is the same,
 * Netty's decoder reads the same from it, and applications see no field that another version of
 * HTTP could not carry.
 */
class Http2FieldsFuzzTest extends FuzzTarget {

  private static final Set<String> OF_CONNECTIONS =
      Set.of("connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade");

  private static final int LARGEST_LIST = 1 << 20;

  Http2FieldsFuzzTest() {
    super("http2-fields");
  }

  @Override
  protected List<String> guidedBy() {
    return List.of("dev.sluice.**", "io.netty.handler.codec.http2.**");
  }

  @Override
  protected void run(byte[] input) {
    Outcome inOne = RequestWitness.late(new Http2Protocol(), sent(input, false));
    Outcome inTwo = RequestWitness.late(new Http2Protocol(), sent(input, true));
    if (!Floods.isOne(inOne.end()) && !Floods.isOne(inTwo.end())) {
      assertThat(inTwo.events()).isEqualTo(inOne.events());
    }
    Iterator<String> decoded = decoded(input).iterator();
    for (ReadMessage request : inOne.read()) {
      request.fields().forEach(Http2FieldsFuzzTest::assertCanBeCarried);
      String read = request.line() + ' ' + comparable(request.fields());
      boolean found = false;
      while (!found && decoded.hasNext()) {
        found = decoded.next().equals(read);
      }
      assertThat(found).as("whether Netty has read " + read).isTrue();
    }
  }

  private static List<byte[]> sent(byte[] input, boolean cut) {
    return Pieces.whole(Frames.ofBlocks(input, cut));
  }

  private static void assertCanBeCarried(String field) {
    String name = field.substring(0, field.indexOf(": "));
    assertThat(name).as(field).matches("[!#$%&'*+.^_`|~0-9a-z-]+").isNotIn(OF_CONNECTIONS);
    assertThat(field).doesNotContain("\r").doesNotContain("\n").doesNotContain("\0");
  }

  /** Without checks of its own, and up to where it breaks off. */
  private static List<String> decoded(byte[] input) {
    DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false, LARGEST_LIST);
    List<String> requests = new ArrayList<>();
    int stream = 1;
    for (byte[] block : Frames.blocks(input)) {
      try {
        Http2Headers headers = decoder.decodeHeaders(stream, Unpooled.wrappedBuffer(block));
        List<String> fields = new ArrayList<>();
        headers.forEach(field -> fields.add(field.getKey() + ": " + field.getValue()));
        fields.removeIf(field -> field.startsWith(":"));
        requests.add(headers.method() + " " + headers.path() + ' ' + comparable(fields));
      } catch (Http2Exception brokenOff) {
        return requests;
      }
      stream += 2;
    }
    return requests;
  }

  /** Cookies may come in crumbs and be joined (RFC 9113, section 8.2.3). */
  private static List<String> comparable(List<String> fields) {
    return fields.stream().filter(field -> !field.startsWith("cookie:")).sorted().toList();
  }
}
