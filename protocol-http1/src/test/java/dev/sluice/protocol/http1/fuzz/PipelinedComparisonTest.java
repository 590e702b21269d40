// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1.fuzz;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Messages one behind the other are the same to Netty's decoder, and begin and end at the same
 * bytes, also where one of them is one that readers may disagree about.
 */
class PipelinedComparisonTest {

  /** What comes before and behind, which is taken if it is seen as it was meant. */
  private static final List<String> WHOLE =
      List.of(
          "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n",
          "POST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
          "PUT /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n");

  @Test
  void bothReadTheSameMessages() {
    Random random = new Random(7);
    int taken = 0;
    int pipelined = 0;
    for (int i = 0; i < 2_000; i++) {
      String input = whole(random) + OddRequests.next(random) + whole(random);
      int read = RequestProperties.compare(input.getBytes(ISO_8859_1)).size();
      taken += read;
      pipelined += read > 1 ? 1 : 0;
    }
    assertThat(taken).as("messages to compare").isGreaterThan(1_000);
    assertThat(pipelined).as("connections with several").isGreaterThan(500);
  }

  private static String whole(Random random) {
    return OddRequests.any(WHOLE, random).repeat(random.nextInt(3));
  }
}
