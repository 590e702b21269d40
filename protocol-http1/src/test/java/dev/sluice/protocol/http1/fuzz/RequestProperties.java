// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.http.HttpRefusal;
import dev.sluice.protocol.http.RequestTarget;
import dev.sluice.protocol.http1.Http1Protocol;
import dev.sluice.protocol.http1.fuzz.RequestWitness.Outcome;
import java.util.Arrays;
import java.util.List;

/** What holds for whatever a client sends. */
final class RequestProperties {

  private RequestProperties() {}

  /**
   * Checks all of them: however the bytes are cut the same comes of them, and what is taken Netty's
   * decoder takes as well, and reads the same from it up to the same byte.
   *
   * @return the requests that were taken
   */
  static List<ReadMessage> check(byte[] input) {
    Outcome whole = of(Pieces.whole(input));
    assertSame(of(Pieces.some(input)), whole, input);
    if (!whole.answers().isEmpty()) {
      assertThat(whole.answers()).startsWith("HTTP/1.1 ").doesNotContain("HTTP/1.1 500");
    }
    byte[] known = Comparison.inKnownVersion(input);
    Outcome around = compared(known);
    if (Arrays.equals(known, input)) {
      assertSame(around, whole, input);
    }
    return whole.read();
  }

  /** As above, but only that Netty agrees, which costs little where there is nothing to compare. */
  static List<ReadMessage> compare(byte[] input) {
    return of(Pieces.whole(input)).read().isEmpty() ? List.of() : compared(input).read();
  }

  private static Outcome compared(byte[] input) {
    List<ReadMessage> netty = NettyReader.requests(input);
    Outcome ours = of(Pieces.around(input, netty));
    Comparison.assertTaken(ours.read(), netty, RequestProperties::inOriginForm, input);
    return ours;
  }

  private static Outcome of(List<byte[]> pieces) {
    return RequestWitness.of(new Http1Protocol(), pieces);
  }

  private static void assertSame(Outcome one, Outcome other, byte[] input) {
    if (!one.events().equals(other.events())
        || !one.answers().equals(other.answers())
        || !one.end().equals(other.end())
        || !one.counters().equals(other.counters())) {
      assertThat(one).as(new String(input, ISO_8859_1)).isEqualTo(other);
    }
  }

  /** Applications are told the path of an absolute form. */
  private static ReadMessage inOriginForm(ReadMessage request) {
    String method = request.line().substring(0, request.line().indexOf(' '));
    try {
      RequestTarget target =
          RequestTarget.parse(method, request.line().substring(method.length() + 1));
      String query = target.query() == null ? "" : "?" + target.query();
      return request.with(method + ' ' + target.path() + query, request.fields());
    } catch (HttpRefusal otherwise) {
      return request;
    }
  }
}
