// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1.fuzz;

import java.util.List;
import java.util.Random;

/** Requests that two readers may disagree about: what they are made of, put together by chance. */
public final class OddRequests {

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

  private OddRequests() {}

  /** One request with its body, right or wrong. */
  public static String next(Random random) {
    StringBuilder text = new StringBuilder();
    text.append(any(METHODS, random)).append(' ').append(any(TARGETS, random));
    text.append(" HTTP/1.1\r\n");
    int fields = random.nextInt(5);
    for (int i = 0; i < fields; i++) {
      text.append(any(FIELDS, random)).append("\r\n");
    }
    return text.append("\r\n").append(any(BODIES, random)).toString();
  }

  static String any(List<String> list, Random random) {
    return list.get(random.nextInt(list.size()));
  }
}
