// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.function.UnaryOperator;

/** Two readers of the same bytes must never see different messages. */
final class Comparison {

  private Comparison() {}

  /**
   * Whether all that ours has taken is what Netty's has read, in the same order. The other way
   * round we may be the stricter.
   *
   * @param line makes of a first line that Netty has read what ours makes of it
   */
  static void assertTaken(
      List<ReadMessage> ours,
      List<ReadMessage> nettys,
      UnaryOperator<String> line,
      byte[] input) {
    for (int i = 0; i < ours.size(); i++) {
      ReadMessage read = ours.get(i);
      ReadMessage netty = i < nettys.size() ? nettys.get(i) : null;
      ReadMessage same =
          netty == null
              ? null
              : new ReadMessage(
                  line.apply(netty.line()),
                  netty.fields(),
                  netty.body(),
                  netty.trailers(),
                  read.end() < 0 ? read.end() : netty.end());
      if (!read.equals(same)) {
        assertThat(read)
            .as("message %d of\n%s\nas Netty reads it", i, new String(input, ISO_8859_1))
            .isEqualTo(same);
      }
    }
  }
}
