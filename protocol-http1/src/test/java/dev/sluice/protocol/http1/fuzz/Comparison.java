// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1.fuzz;

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
   * @param form makes two messages that say the same equal
   */
  static void assertTaken(
      List<ReadMessage> ours,
      List<ReadMessage> nettys,
      UnaryOperator<ReadMessage> form,
      byte[] input) {
    for (int i = 0; i < ours.size(); i++) {
      ReadMessage read = form.apply(ours.get(i));
      ReadMessage netty = i < nettys.size() ? form.apply(nettys.get(i).endingAt(read.end())) : null;
      if (!read.equals(netty)) {
        assertThat(read)
            .as("message %d of\n%s\nas Netty reads it", i, new String(input, ISO_8859_1))
            .isEqualTo(netty);
      }
    }
  }

  /**
   * The same for a reader that does not take what it does not know: a higher minor version is read
   * as the one that we know (RFC 9110, section 2.5), while Netty refuses codings in it.
   */
  static byte[] inKnownVersion(byte[] input) {
    String text = new String(input, ISO_8859_1);
    return text.replaceAll("HTTP/1\\.[2-9]", "HTTP/1.1").getBytes(ISO_8859_1);
  }
}
