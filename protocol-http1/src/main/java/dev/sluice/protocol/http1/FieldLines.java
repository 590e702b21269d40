// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.HttpRefusal;
import dev.sluice.protocol.http.Octets;
import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;

/** Reads the field lines of one head, or of one body's trailers (RFC 9112, section 5). */
final class FieldLines {

  /** Names and values are looked at here, byte by byte. */
  private static final HttpHeadersFactory HEADERS =
      DefaultHttpHeadersFactory.headersFactory().withValidation(false);

  private final int maxBytes;
  private final int maxCount;
  private final HttpProblem malformed;
  private HttpHeaders fields = HEADERS.newHeaders();
  private int bytes;
  private int count;

  FieldLines(HttpConfiguration limits, HttpProblem malformed) {
    this(limits.maxHeaderSize().toIntSaturated(), limits.maxHeadersCount(), malformed);
  }

  FieldLines(int maxBytes, int maxCount, HttpProblem malformed) {
    this.maxBytes = maxBytes;
    this.maxCount = maxCount;
    this.malformed = malformed;
  }

  /** A line without its end. */
  void add(byte[] line, int from, int to) throws HttpRefusal {
    expect(to - from + 2);
    bytes += to - from + 2;
    if (++count > maxCount) {
      throw new HttpRefusal(HttpProblem.HEADERS_TOO_LARGE);
    }
    if (isBlank(line[from])) {
      // Section 5.2: to refuse it is one of the two things allowed. Before the first field, section
      // 2.2, there is nothing to fold.
      throw new HttpRefusal(count > 1 ? HttpProblem.OBSOLETE_FOLDING : malformed);
    }
    int colon = from;
    while (colon < to && line[colon] != ':') {
      colon++;
    }
    // Section 5.1: no space between name and colon; a token has none.
    if (colon == to || !Octets.isToken(line, from, colon) || !Octets.isValue(line, colon + 1, to)) {
      throw new HttpRefusal(malformed);
    }
    int start = colon + 1;
    int end = to;
    while (start < end && isBlank(line[start])) {
      start++;
    }
    while (end > start && isBlank(line[end - 1])) {
      end--;
    }
    fields.add(
        new AsciiString(line, from, colon - from, true),
        new String(line, start, end - start, StandardCharsets.ISO_8859_1));
  }

  /** Refuses a line that has not ended yet and is too long already. */
  void expect(int more) throws HttpRefusal {
    if (bytes + (long) more > maxBytes) {
      throw new HttpRefusal(HttpProblem.HEADERS_TOO_LARGE);
    }
  }

  /** What was read, and a new beginning. */
  HttpHeaders take() {
    HttpHeaders taken = fields;
    fields = HEADERS.newHeaders();
    bytes = 0;
    count = 0;
    return taken;
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t';
  }
}
