// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.protocol.http1.Http1Protocol;
import dev.sluice.protocol.http1.fuzz.ResponseWitness.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What holds for whatever a server sends. */
final class ResponseProperties {

  private ResponseProperties() {}

  /**
   * Checks all of them, see {@link RequestProperties#check}.
   *
   * @param methods of the requests that are answered
   * @return the responses that were taken
   */
  static List<ReadMessage> check(List<String> methods, byte[] input) {
    Outcome whole = of(methods, Pieces.whole(input));
    assertSame(of(methods, Pieces.some(input)), whole, input);
    byte[] known = Comparison.inKnownVersion(input);
    List<ReadMessage> netty = NettyReader.responses(known, methods);
    Outcome around = of(methods, Pieces.around(known, netty));
    Comparison.assertTaken(around.read(), netty, ResponseProperties::inOneForm, known);
    if (Arrays.equals(known, input)) {
      assertSame(around, whole, input);
    }
    return whole.read();
  }

  private static Outcome of(List<String> methods, List<byte[]> pieces) {
    return ResponseWitness.of(new Http1Protocol(), methods, pieces);
  }

  private static void assertSame(Outcome one, Outcome other, byte[] input) {
    if (!one.events().equals(other.events())
        || !one.end().equals(other.end())
        || !one.counters().equals(other.counters())) {
      assertThat(one).as(new String(input, ISO_8859_1)).isEqualTo(other);
    }
  }

  /**
   * Netty leaves out a coding where there is no body by the method or the status, and makes one of
   * several equal lengths.
   */
  private static ReadMessage inOneForm(ReadMessage response) {
    List<String> fields = new ArrayList<>();
    boolean length = false;
    for (String field : response.fields()) {
      String lower = field.toLowerCase(Locale.ROOT);
      boolean coding = lower.startsWith("transfer-encoding:") && response.body().isEmpty();
      boolean again = lower.startsWith("content-length:") && length;
      length |= lower.startsWith("content-length:");
      if (!coding && !again) {
        fields.add(lower.startsWith("content-length:") ? lower : field);
      }
    }
    return response.with(response.line(), fields);
  }
}
