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

  private static final List<String> METHODS = List.of("GET", "POST", "PUT", "DELETE", "OPTIONS");
  private static final List<String> TARGETS =
      List.of("/", "/a/b?c=d", "http://h/x", "*", "/%41", "/a b", "/\u0001");
  private static final List<String> FIELDS =
      List.of(
          "Host: a",
          "host:b",
          "X: y z ",
          "X:\t1\t",
          "X:",
          "X : y",
          " folded",
          "Content-Length: 5",
          "Content-Length: 05",
          "Content-Length: +5",
          "Transfer-Encoding: chunked",
          "transfer-encoding: CHUNKED",
          "Transfer-Encoding: gzip, chunked",
          "Connection: close",
          "X: \u00e4",
          "X: a\u0000b",
          "Expect: 100-continue",
          ":");
  private static final List<String> BODIES =
      List.of(
          "",
          "hello",
          "5\r\nhello\r\n0\r\n\r\n",
          "3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nT: v\r\n\r\n",
          "0\r\n\r\n",
          "5 \r\nhello\r\n0\r\n\r\n",
          "5\nhello\r\n0\r\n\r\n");

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
      String input = whole(random) + input(random) + whole(random);
      int read = RequestProperties.compare(input.getBytes(ISO_8859_1)).size();
      taken += read;
      pipelined += read > 1 ? 1 : 0;
    }
    assertThat(taken).as("messages to compare").isGreaterThan(1_000);
    assertThat(pipelined).as("connections with several").isGreaterThan(500);
  }

  private static String whole(Random random) {
    return any(WHOLE, random).repeat(random.nextInt(3));
  }

  private static String input(Random random) {
    StringBuilder text = new StringBuilder();
    text.append(any(METHODS, random)).append(' ').append(any(TARGETS, random));
    text.append(" HTTP/1.1\r\n");
    int fields = random.nextInt(5);
    for (int i = 0; i < fields; i++) {
      text.append(any(FIELDS, random)).append("\r\n");
    }
    return text.append("\r\n").append(any(BODIES, random)).toString();
  }

  private static String any(List<String> list, Random random) {
    return list.get(random.nextInt(list.size()));
  }
}
