// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1.fuzz;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testkit.fuzz.FuzzTarget;
import java.util.List;

/**
 * A body in chunks, and whatever comes behind it, as a request's and as a response's. What the
 * server takes the client does too.
 */
class Http1ChunksFuzzTest extends FuzzTarget {

  private static final byte[] REQUEST =
      "POST /late HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".getBytes(US_ASCII);
  private static final byte[] RESPONSE =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".getBytes(US_ASCII);

  Http1ChunksFuzzTest() {
    super("http1-chunks");
  }

  @Override
  protected void run(byte[] input) {
    List<ReadMessage> requests = RequestProperties.check(behind(REQUEST, input));
    List<ReadMessage> responses =
        ResponseProperties.check(List.of("GET", "GET"), behind(RESPONSE, input));
    if (!requests.isEmpty()) {
      assertThat(responses).as("as a response").isNotEmpty();
      assertThat(responses.get(0).body()).isEqualTo(requests.get(0).body());
      assertThat(responses.get(0).trailers()).isEqualTo(requests.get(0).trailers());
    }
  }

  private static byte[] behind(byte[] head, byte[] body) {
    byte[] all = new byte[head.length + body.length];
    System.arraycopy(head, 0, all, 0, head.length);
    System.arraycopy(body, 0, all, head.length, body.length);
    return all;
  }
}
