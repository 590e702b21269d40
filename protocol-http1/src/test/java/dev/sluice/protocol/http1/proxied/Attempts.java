// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1.proxied;

import java.util.ArrayList;
import java.util.List;

/**
 * Requests that two readers may disagree about, as the literature on smuggling has them: how long a
 * body is and where a line ends, in all spellings. Where a body is read too short, a request to
 * {@code /smuggled} comes out of it.
 */
final class Attempts {

  /** What the path begins with where the application is to answer without reading the body. */
  static final String EARLY = "/early";

  private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: h\r\nX: y\r\n\r\n";
  private static final String HOST = "Host: h\r\n";
  private static final String LINE = " HTTP/1.1\r\n" + HOST;
  private static final String CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";

  /** As fields; what is in them is a coding for some readers and none for others. */
  private static final List<String> CODINGS =
      List.of(
          "Transfer-Encoding: chunked",
          "Transfer-Encoding:chunked",
          "transfer-encoding: CHUNKED",
          "TRANSFER-ENCODING: ChUnKeD",
          "Transfer-Encoding : chunked",
          "Transfer-Encoding\t: chunked",
          "Transfer-Encoding:\tchunked",
          "Transfer-Encoding: chunked \t",
          "Transfer-Encoding:\u000bchunked",
          "Transfer-Encoding: \u000bchunked",
          "Transfer-Encoding: chunked\u000b",
          "Transfer-Encoding: \fchunked",
          "Transfer-Encoding: \u0000chunked",
          "Transfer-Encoding: chunked\u0000",
          "Transfer-Encoding: chun\u0000ked",
          "Transfer-Encoding\u0000: chunked",
          "\u0000Transfer-Encoding: chunked",
          "Transfer-Encoding: \u00a0chunked",
          "Transfer-Encoding: \u00ffchunked",
          "Transfer-Encoding: chunked\u0085",
          "Transfer-Encoding\u00ff: chunked",
          "Transfer-Encoding: xchunked",
          "Transfer-Encoding: chunkedx",
          "Transfer-Encoding: chunked;q=1",
          "Transfer-Encoding: \"chunked\"",
          "Transfer-Encoding: 'chunked'",
          "Transfer-Encoding: chunked,",
          "Transfer-Encoding: ,chunked",
          "Transfer-Encoding: , , chunked",
          "Transfer-Encoding: chunked, chunked",
          "Transfer-Encoding: chunked chunked",
          "Transfer-Encoding: chunked, identity",
          "Transfer-Encoding: identity, chunked",
          "Transfer-Encoding: identity",
          "Transfer-Encoding: gzip, chunked",
          "Transfer-Encoding: chunked, gzip",
          "Transfer-Encoding: gzip",
          "Transfer-Encoding:",
          "Transfer-Encoding: ",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
          "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
          "Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
          "Transfer-Encoding:\r\nTransfer-Encoding: chunked",
          "Transfer-Encoding:\r\n chunked",
          "Transfer-Encoding:\r\n\tchunked",
          "Transfer-Encoding:\n chunked",
          "Transfer-Encoding: x\r\n chunked",
          "Transfer-Encoding: chunked\r\n x",
          "Transfer-Encoding\r\n: chunked",
          "Transfer-\r\n Encoding: chunked",
          " Transfer-Encoding: chunked",
          "\tTransfer-Encoding: chunked",
          "X: y\r\n Transfer-Encoding: chunked",
          "X: y\nTransfer-Encoding: chunked",
          "X: y\rTransfer-Encoding: chunked",
          "X: y\r\rTransfer-Encoding: chunked",
          "X: y\u0000\r\nTransfer-Encoding: chunked",
          "X\r\nTransfer-Encoding: chunked",
          ":\r\nTransfer-Encoding: chunked",
          ": y\r\nTransfer-Encoding: chunked",
          "Transfer-Encoding: chunked\n",
          "Transfer-Encoding: chunked\r",
          "Transfer_Encoding: chunked",
          "Transfer.Encoding: chunked",
          "Transfer Encoding: chunked",
          "Transfer-Encoding chunked",
          "Transfer-Encoding= chunked",
          "Transfer-Encoding:: chunked",
          "Transfer-Encoding:=chunked",
          "X-Transfer-Encoding: chunked",
          "Content-Encoding: chunked",
          "TE: chunked",
          "Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked",
          "Transfer-Encoding: chunked\r\nConnection: close, transfer-encoding");

  /** As fields; the first %s is the true length. */
  private static final List<String> LENGTHS =
      List.of(
          "Content-Length: %s",
          "content-length:%s",
          "Content-Length: 0%s",
          "Content-Length: 000000000000000000000000000000%s",
          "Content-Length: +%s",
          "Content-Length: -%s",
          "Content-Length: -1",
          "Content-Length:  %s ",
          "Content-Length:\t%s\t",
          "Content-Length:\u000b%s",
          "Content-Length: %s\u000b",
          "Content-Length: %s\u0000",
          "Content-Length: \u0000%s",
          "Content-Length: \u00a0%s",
          "Content-Length: %s,%<s",
          "Content-Length: %s, %<s",
          "Content-Length: %s, 0",
          "Content-Length: 0, %s",
          "Content-Length: %s,",
          "Content-Length: ,%s",
          "Content-Length: %s %<s",
          "Content-Length: %s 0",
          "Content-Length: 1 %s",
          "Content-Length: %s;x",
          "Content-Length: %s.0",
          "Content-Length: %se0",
          "Content-Length: 0x%s",
          "Content-Length: %sx",
          "Content-Length: \"%s\"",
          "Content-Length: 1_%s",
          "Content-Length: 18446744073709551616",
          "Content-Length: 184467440737095516%s",
          "Content-Length: 9223372036854775808",
          "Content-Length: 4294967296",
          "Content-Length:",
          "Content-Length: ",
          "Content-Length: x",
          "Content-Length: %s\r\nContent-Length: %<s",
          "Content-Length: %s\r\nContent-Length: 0",
          "Content-Length: 0\r\nContent-Length: %s",
          "Content-Length: %s\r\nContent-Length: 0%<s",
          "Content-Length: %s\r\nContent-Length:",
          "Content-Length:\r\nContent-Length: %s",
          "Content-Length: %s\r\nContent-Length : 0",
          "Content-Length: %s\r\nContent_Length: 0",
          "Content-Length : %s",
          "Content-Length\t: %s",
          " Content-Length: %s",
          "X: y\r\n Content-Length: %s",
          "X: y\nContent-Length: %s",
          "X: y\rContent-Length: %s",
          "Content-Length:\r\n %s",
          "Content-Length: 1\r\n %s",
          "Content-Length: %s\r\n 0",
          "Content\r\n -Length: %s",
          "Content_Length: %s",
          "Content-Length\u0000: %s",
          "Content-Length\u00ff: %s",
          "Content-Length:: %s",
          "Content-Length %s",
          "X-Content-Length: %s",
          "Connection: content-length\r\nContent-Length: %s",
          "Content-Length: %s\r\nConnection: close, content-length");

  /** Bodies in chunks, right and wrong. */
  private static final List<String> CHUNKS =
      List.of(
          "5\r\nhello\r\n0\r\n\r\n",
          "5\r\nhello\r\n000000000\r\n\r\n",
          "0000000000000000000000005\r\nhello\r\n0\r\n\r\n",
          "00000000000000005\r\nhello\r\n00000000000000000000\r\n\r\n",
          "a\r\n0123456789\r\n0\r\n\r\n",
          "A\r\n0123456789\r\n0\r\n\r\n",
          "5;a=b\r\nhello\r\n0;c=d\r\n\r\n",
          "5;a=\"b\"\r\nhello\r\n0\r\n\r\n",
          "5;a=\"b;\r\n\"\r\nhello\r\n0\r\n\r\n",
          "5;a=\"\\\"\r\nhello\r\n0\r\n\r\n",
          "5 ;a\r\nhello\r\n0\r\n\r\n",
          "5;\r\nhello\r\n0;\r\n\r\n",
          "5; \r\nhello\r\n0; \r\n\r\n",
          "5 \r\nhello\r\n0 \r\n\r\n",
          "5\t\r\nhello\r\n0\r\n\r\n",
          " 5\r\nhello\r\n0\r\n\r\n",
          "\r\n5\r\nhello\r\n0\r\n\r\n",
          "5,\r\nhello\r\n0\r\n\r\n",
          "5 5\r\nhello\r\n0\r\n\r\n",
          "5x\r\nhello\r\n0\r\n\r\n",
          "5\u0000\r\nhello\r\n0\r\n\r\n",
          "0x5\r\nhello\r\n0\r\n\r\n",
          "+5\r\nhello\r\n0\r\n\r\n",
          "-5\r\nhello\r\n0\r\n\r\n",
          "5_\r\nhello\r\n0\r\n\r\n",
          "\"5\"\r\nhello\r\n0\r\n\r\n",
          "100000005\r\nhello\r\n0\r\n\r\n",
          "10000000000000005\r\nhello\r\n0\r\n\r\n",
          "fffffffffffffffb\r\nhello\r\n0\r\n\r\n",
          "80000005\r\nhello\r\n0\r\n\r\n",
          "f0000000000000005\r\nhello\r\n0\r\n\r\n",
          "\r\nhello\r\n0\r\n\r\n",
          ";a\r\nhello\r\n0\r\n\r\n",
          "x\r\nhello\r\n0\r\n\r\n",
          "5\nhello\r\n0\r\n\r\n",
          "5\r\nhello\n0\r\n\r\n",
          "5\r\nhello\r\n0\n\r\n",
          "5\r\nhello\r\n0\r\n\n",
          "5\r\nhello\r\n0\n\n",
          "5\nhello\n0\n\n",
          "5\rhello\r0\r\r",
          "5\r\rhello\r\n0\r\n\r\n",
          "5\r\r\nhello\r\n0\r\n\r\n",
          "5;\nhello\r\n0\r\n\r\n",
          "5;a\nb\r\nhello\r\n0\r\n\r\n",
          "5;a\rb\r\nhello\r\n0\r\n\r\n",
          "5;a\u0000b\r\nhello\r\n0\r\n\r\n",
          "5;a\u0001b\r\nhello\r\n0\r\n\r\n",
          "5;\u00ff\r\nhello\r\n0\r\n\r\n",
          "5\r\nhello0\r\n\r\n",
          "5\r\nhelloXX0\r\n\r\n",
          "5\r\nhello\r0\r\n\r\n",
          "5\r\nhello \r\n0\r\n\r\n",
          "5\r\nhell\r\n0\r\n\r\n",
          "5\r\nhello!\r\n0\r\n\r\n",
          "5\r\nhello\r\n\r\n0\r\n\r\n",
          "5\r\nhello\r\n0\r\n",
          "5\r\nhello\r\n0\r\nX",
          "5\r\nhello\r\n0\r\n\r",
          "5\r\nhello\r\n0\r\r\n\r\n",
          "5\r\nhello\r\n0\r\n \r\n",
          "5\r\nhello\r\n0\r\n\r\n\r\n",
          "5\r\nhello\r\n0\r\n\r\n\r\n\r\n",
          "5\r\nhello\r\n0\r\nT: v\r\n\r\n",
          "5\r\nhello\r\n0\r\nT: v\n\r\n",
          "5\r\nhello\r\n0\r\nT: v\r\n\n",
          "5\r\nhello\r\n0\r\nT: v\n\n",
          "5\r\nhello\r\n0\r\nT:\r\n v\r\n\r\n",
          "5\r\nhello\r\n0\r\n T: v\r\n\r\n",
          "5\r\nhello\r\n0\r\nT : v\r\n\r\n",
          "5\r\nhello\r\n0\r\nT\r\n\r\n",
          "5\r\nhello\r\n0\r\n: v\r\n\r\n",
          "5\r\nhello\r\n0\r\nT: a\u0000b\r\n\r\n",
          "5\r\nhello\r\n0\r\nT: a\rb\r\n\r\n",
          "5\r\nhello\r\n0\r\nContent-Length: 40\r\n\r\n",
          "5\r\nhello\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n",
          "5\r\nhello\r\n0\r\nHost: other\r\nproxied-as: me\r\n\r\n",
          "5\r\nhello\r\n0\r\n" + SMUGGLED,
          "5\r\nhello\r\n0\r\nX: " + SMUGGLED,
          "2;\n\nhello\r\n0\r\n\r\n",
          "2;\nxx\r\n31\r\n0\r\n\r\n" + SMUGGLED + "0\r\n\r\n",
          "26;\r\r\n" + SMUGGLED.strip() + "\r\n0\r\n\r\n",
          "0\r\n\r\n",
          "",
          "\r\n\r\n",
          "hello");

  /** Whole requests; %s is what makes the path the attempt's own. */
  private static final List<String> HEADS =
      List.of(
          // How lines end and what is in them.
          "GET %s HTTP/1.1\nHost: h\n\n",
          "GET %s HTTP/1.1\r\nHost: h\n\r\n",
          "GET %s HTTP/1.1\r\nHost: h\r\n\n",
          "GET %s HTTP/1.1\rHost: h\r\r",
          "GET %s HTTP/1.1\r\r\nHost: h\r\n\r\n",
          "GET %s HTTP/1.1\r\nHost: h\r\r\n\r\n",
          "GET %s HTTP/1.1\r\nHost: h\r\n\r\r\n",
          "GET %s HTTP/1.1\r\nHost: h\r\n \r\n",
          "GET %s HTTP/1.1\r\nHost: h\r\n\t\r\n\r\n",
          "GET %s HTTP/1.1\r\n X: y\r\nHost: h\r\n\r\n",
          "GET %s HTTP/1.1\r\n\r\nHost: h\r\n\r\n",
          "\r\nGET %s HTTP/1.1\r\nHost: h\r\n\r\n",
          "\r\n\r\n\r\n\r\nGET %s HTTP/1.1\r\nHost: h\r\n\r\n",
          "\nGET %s HTTP/1.1\r\nHost: h\r\n\r\n",
          "\rGET %s HTTP/1.1\r\nHost: h\r\n\r\n",
          " GET %s HTTP/1.1\r\nHost: h\r\n\r\n",
          "\u0000GET %s HTTP/1.1\r\nHost: h\r\n\r\n",
          "GET %s" + LINE + "X: y\r\n z\r\n\r\n",
          "GET %s" + LINE + "X: y\r\n\tz\r\n\r\n",
          "GET %s" + LINE + "X:\r\n " + SMUGGLED,
          "GET %s" + LINE + "X: y\n z\r\n\r\n",
          "GET %s" + LINE + "X: y\rz\r\n\r\n",
          "GET %s" + LINE + "X: y\r\r\n\r\n",
          "GET %s" + LINE + "X: y\u0000z\r\n\r\n",
          "GET %s" + LINE + "X: y\u0001\u007fz\r\n\r\n",
          "GET %s" + LINE + "X: y\u00e4z\r\n\r\n",
          "GET %s" + LINE + "X:\u00a0y\u0085\r\n\r\n",
          "GET %s" + LINE + "X : y\r\n\r\n",
          "GET %s" + LINE + "X\t: y\r\n\r\n",
          "GET %s" + LINE + "X y: z\r\n\r\n",
          "GET %s" + LINE + "X(y): z\r\n\r\n",
          "GET %s" + LINE + "X\u00e4: z\r\n\r\n",
          "GET %s" + LINE + "X_y.z~: z\r\n\r\n",
          "GET %s" + LINE + "X: \t y \t \r\n\r\n",
          "GET %s" + LINE + "X:\r\n\r\n",
          "GET %s" + LINE + "X\r\n\r\n",
          "GET %s" + LINE + ":\r\n\r\n",
          "GET %s" + LINE + ": y\r\n\r\n",
          "GET %s" + LINE + "proxied-as: me\r\nProxied-As: me\r\nproxied_as: me\r\n\r\n",
          "GET %s" + LINE + "X: y\n\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
          "GET %s" + LINE + "X: y\r\rGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
          "GET %s" + LINE + "X: y\n\r\nGET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
          // Host.
          "GET %s HTTP/1.1\r\n\r\n",
          "GET %s HTTP/1.1\r\nHost:\r\n\r\n",
          "GET %s" + LINE + HOST + "\r\n",
          "GET %s" + LINE + "Host: other\r\n\r\n",
          "GET %s HTTP/1.1\r\nHost: a, b\r\n\r\n",
          "GET %s HTTP/1.1\r\nHost: a b\r\n\r\n",
          "GET %s HTTP/1.1\r\nHost: a/b\r\n\r\n",
          "GET %s HTTP/1.1\r\nHost: a@b\r\n\r\n",
          "GET %s HTTP/1.1\r\nHost: a?b#c\r\n\r\n",
          "GET %s HTTP/1.1\r\nHost: h:99999\r\n\r\n",
          "GET %s HTTP/1.1\r\nHost: h:x\r\n\r\n",
          "GET %s HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
          "GET %s HTTP/1.1\r\nHost: [::1\r\n\r\n",
          "GET %s HTTP/1.1\r\nHost: a\u0000b\r\n\r\n",
          "GET %s HTTP/1.1\r\nHost : h\r\n\r\n",
          "GET %s HTTP/1.1\r\nHost:\r\n h\r\n\r\n",
          "GET %s HTTP/1.1\r\n Host: h\r\n\r\n",
          "GET %s HTTP/1.1\r\nHost: H.\r\n\r\n",
          // Targets.
          "GET http://h%s" + LINE + "\r\n",
          "GET http://other%s" + LINE + "\r\n",
          "GET HTTP://h:80%s" + LINE + "\r\n",
          "GET https://h%s" + LINE + "\r\n",
          "GET ftp://h%s" + LINE + "\r\n",
          "GET http://u@h%s" + LINE + "\r\n",
          "GET http://%s" + LINE + "\r\n",
          "GET http:%s" + LINE + "\r\n",
          "GET http://h?%s" + LINE + "\r\n",
          "GET http://h" + LINE + "\r\n",
          "GET /%s" + LINE + "\r\n",
          "GET //h%s" + LINE + "\r\n",
          "GET h%s" + LINE + "\r\n",
          "GET ?%s" + LINE + "\r\n",
          "GET *" + LINE + "\r\n",
          "OPTIONS *" + LINE + "\r\n",
          "OPTIONS http://h" + LINE + "\r\n",
          "GET %s#f" + LINE + "\r\n",
          "GET %s?a#f" + LINE + "\r\n",
          "GET %s?a?b=c&d" + LINE + "\r\n",
          "GET %s/../x" + LINE + "\r\n",
          "GET %s/%%2e%%2e/x" + LINE + "\r\n",
          "GET %s/./x//y" + LINE + "\r\n",
          "GET %s/%%00" + LINE + "\r\n",
          "GET %s/%%0d%%0aX:%%20y" + LINE + "\r\n",
          "GET %s/%%" + LINE + "\r\n",
          "GET %s/%%zz" + LINE + "\r\n",
          "GET %s/a b" + LINE + "\r\n",
          "GET %s/a\tb" + LINE + "\r\n",
          "GET %s/a\u0000b" + LINE + "\r\n",
          "GET %s/a\u0001\u007fb" + LINE + "\r\n",
          "GET %s/\u00e4" + LINE + "\r\n",
          "GET %s/|[]{}^`\\\"<>" + LINE + "\r\n",
          "GET %s HTTP/1.1 HTTP/1.1\r\nHost: h\r\n\r\n",
          "GET  %s" + LINE + "\r\n",
          "GET %s  HTTP/1.1\r\nHost: h\r\n\r\n",
          "GET\t%s\tHTTP/1.1\r\nHost: h\r\n\r\n",
          "GET %s HTTP/1.1 \r\nHost: h\r\n\r\n",
          // Versions.
          "GET %s\r\n",
          "GET %s\r\n\r\n",
          "GET %s \r\nHost: h\r\n\r\n",
          "GET %s HTTP/0.9\r\nHost: h\r\n\r\n",
          "GET %s HTTP/1.0\r\n\r\n",
          "GET %s HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n",
          "GET %s HTTP/1.0\r\nHost: h\r\nConnection: keep-alive, close\r\n\r\n",
          "POST %s HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
          "POST %s HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n" + CHUNKED + "0\r\n\r\n",
          "POST %s HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\nContent-Length: 5\r\n"
              + CHUNKED
              + "0\r\n\r\n",
          "GET %s HTTP/1.2\r\nHost: h\r\n\r\n",
          "POST %s HTTP/1.9\r\nHost: h\r\n" + CHUNKED + "5\r\nhello\r\n0\r\n\r\n",
          "GET %s HTTP/2.0\r\nHost: h\r\n\r\n",
          "GET %s HTTP/1.10\r\nHost: h\r\n\r\n",
          "GET %s HTTP/01.1\r\nHost: h\r\n\r\n",
          "GET %s HTTP/1\r\nHost: h\r\n\r\n",
          "GET %s HTTP/1,1\r\nHost: h\r\n\r\n",
          "GET %s http/1.1\r\nHost: h\r\n\r\n",
          "GET %s HTTPS/1.1\r\nHost: h\r\n\r\n",
          "GET %s RTSP/1.0\r\nHost: h\r\n\r\n",
          "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
          // Methods.
          "get %s" + LINE + "\r\n",
          "G\u0000T %s" + LINE + "\r\n",
          "G:T %s" + LINE + "\r\n",
          "G\u00e4T %s" + LINE + "\r\n",
          "G-E_T.~!#$'*+^`| %s" + LINE + "\r\n",
          "\"GET %s" + LINE + "\r\n",
          "GET, %s" + LINE + "\r\n",
          "M-SEARCH %s" + LINE + "\r\n",
          "XYZZY %s" + LINE + "Content-Length: 5\r\n\r\nhello",
          "TRACE %s" + LINE + "\r\n",
          "TRACE %s" + LINE + "Content-Length: 5\r\n\r\nhello",
          "HEAD %s" + LINE + "\r\n",
          "HEAD %s" + LINE + "Content-Length: 5\r\n\r\nhello",
          "HEAD %s" + LINE + CHUNKED + "5\r\nhello\r\n0\r\n\r\n",
          "GET %s" + LINE + "Content-Length: 5\r\n\r\nhello",
          "DELETE %s" + LINE + CHUNKED + "5\r\nhello\r\n0\r\n\r\n",
          "CONNECT h:80" + LINE + "\r\n",
          "CONNECT %s" + LINE + "\r\n",
          "CONNECT h:80" + LINE + "Content-Length: 5\r\n\r\nhello",
          "POST %s" + LINE + "\r\n",
          // What is asked of the connection.
          "GET %s" + LINE + "Connection: close\r\n\r\n",
          "GET %s" + LINE + "Connection: keep-alive, close\r\n\r\n",
          "GET %s" + LINE + "Connection: host, x\r\nX: y\r\n\r\n",
          "GET %s" + LINE + "Connection: proxied-as\r\n\r\n",
          "GET %s" + LINE + "Connection:\r\nConnection: ,\r\n\r\n",
          "GET %s" + LINE + "Proxy-Connection: close\r\nKeep-Alive: timeout=0\r\n\r\n",
          "GET %s" + LINE + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
          "GET %s"
              + LINE
              + "Connection: Upgrade\r\nUpgrade: websocket\r\n"
              + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
          "GET %s"
              + LINE
              + "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
              + "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
          "POST %s"
              + LINE
              + "Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\nhello",
          "GET %s" + LINE + "Upgrade: TLS/1.0\r\n\r\n",
          "POST %s" + LINE + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
          "POST %s" + LINE + "Expect: 100-CONTINUE\r\n" + CHUNKED + "5\r\nhello\r\n0\r\n\r\n",
          "POST %s" + LINE + "Expect: 100-continue,\r\nContent-Length: 5\r\n\r\nhello",
          "POST %s" + LINE + "Expect: x\r\nContent-Length: 5\r\n\r\nhello",
          "POST %s" + LINE + "Expect: 100-continue, x\r\nContent-Length: 5\r\n\r\nhello",
          "POST %s" + LINE + "Expect:\r\n 100-continue\r\nContent-Length: 5\r\n\r\nhello",
          "POST %s" + LINE + "Expect:\r\nContent-Length: 5\r\n\r\nhello",
          "GET %s" + LINE + "Expect: 100-continue\r\n\r\n",
          "HEAD %s" + LINE + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
          "GET %s" + LINE + "Trailer: x\r\nTE: trailers\r\n\r\n",
          "GET %s" + LINE + "Range: bytes=0-0\r\nIf-None-Match: *\r\n\r\n",
          "GET %s" + LINE + "Cookie: a=b\r\nCookie: c=d\r\nMax-Forwards: 0\r\n\r\n");

  private Attempts() {}

  /**
   * All of them; in each, {@code %s} stands for a path of its own, and every other % is doubled.
   */
  static List<String> all() {
    List<String> all = new ArrayList<>(HEADS);
    String post = "POST %s" + LINE;
    String chunked = "5\r\nhello\r\n0\r\n\r\n";
    String ended = "0\r\n\r\n" + SMUGGLED;
    String within = Integer.toHexString(SMUGGLED.length()) + "\r\n" + SMUGGLED + "\r\n0\r\n\r\n";
    for (String coding : CODINGS) {
      String field = coding + "\r\n";
      all.add(post + field + "\r\n" + chunked);
      all.add(post + field + "Content-Length: " + ended.length() + "\r\n\r\n" + ended);
      all.add(post + "Content-Length: " + ended.length() + "\r\n" + field + "\r\n" + ended);
      all.add(post + "Content-Length: 4\r\n" + field + "\r\n" + within);
    }
    for (String length : LENGTHS) {
      String field = String.format(length, SMUGGLED.length()) + "\r\n\r\n";
      all.add(post + field + SMUGGLED);
      all.add("GET %s" + LINE + field + SMUGGLED);
    }
    for (String chunks : CHUNKS) {
      all.add(post + CHUNKED + chunks);
    }
    // Answered before their bodies are read, which are skipped; the last one is too long for that,
    // and says so at once, since another request on a connection that ends may be lost.
    for (String method : List.of("POST", "GET", "HEAD")) {
      String early = method + " " + EARLY + "%s" + LINE;
      for (int times : List.of(1, 100, 1000)) {
        String chunk = SMUGGLED.repeat(times);
        String size = Integer.toHexString(chunk.length());
        all.add(early + CHUNKED + size + "\r\n" + chunk + "\r\n0\r\n\r\n");
      }
      for (int times : List.of(1, 100, 1000, 3000)) {
        int length = times * SMUGGLED.length();
        all.add(early + "Content-Length: " + length + "\r\n\r\n" + SMUGGLED.repeat(times));
      }
    }
    return all;
  }
}
