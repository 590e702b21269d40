// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.protocol.http.FieldBlock;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.HttpRefusal;
import dev.sluice.protocol.http.Octets;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** Reads a response's head: its line and its fields (RFC 9112, sections 4 and 5). */
final class ResponseHeadParser {

  private static final String VERSION = "HTTP/1.1";
  private static final int VERSION_LENGTH = VERSION.length();
  private static final int LEAST_LINE = "HTTP/1.1 200".length();

  private final int maxLine;
  private final LineReader lines = new LineReader(this::bound);
  private final FieldLines fields;
  private boolean inFields;
  private int status;
  private boolean http10;

  ResponseHeadParser(int maxHeaderSize, int maxHeadersCount) {
    this.maxLine = maxHeaderSize;
    this.fields = new FieldLines(maxHeaderSize, maxHeadersCount, HttpProblem.INVALID_HEADER);
  }

  /** What was read, in parts. */
  record Head(int status, boolean http10, FieldBlock fields) {}

  /** Null: there is not enough yet; what was read of the buffer need not be kept. */
  @Nullable Head parse(ByteBuf in) throws HttpRefusal {
    lines.begin();
    while (lines.next(in)) {
      if (!inFields) {
        statusLine(lines.bytes(), lines.start(), lines.end());
      } else if (lines.start() == lines.end()) {
        inFields = false;
        return new Head(status, http10, fields.take());
      } else {
        fields.add(lines.bytes(), lines.start(), lines.end());
      }
    }
    return null;
  }

  /** A line may be too long before it ends. */
  private void bound(byte[] line, int from, int to) throws HttpRefusal {
    if (inFields) {
      fields.expect(to - from);
    } else if (to - from > maxLine) {
      throw new HttpRefusal(HttpProblem.HEADERS_TOO_LARGE);
    } else if (!mayBegin(line, from, to)) {
      throw new HttpRefusal(HttpProblem.INVALID_REQUEST_LINE);
    }
  }

  /** A line that is no HTTP may never end. */
  private static boolean mayBegin(byte[] line, int from, int to) {
    int length = Math.min(to - from, VERSION_LENGTH);
    for (int i = 0; i < length; i++) {
      byte b = line[from + i];
      if (i == VERSION_LENGTH - 1 ? !isDigit(b) : b != VERSION.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** Section 4: version, three digits, and words that say nothing, or not even their space. */
  private void statusLine(byte[] line, int from, int to) throws HttpRefusal {
    boolean valid =
        to - from >= LEAST_LINE
            && mayBegin(line, from, to)
            && line[from + VERSION_LENGTH] == ' '
            && (to - from == LEAST_LINE || line[from + LEAST_LINE] == ' ')
            // Section 2.2: a CR among the words may be taken for the line's end by another reader.
            && Octets.isValue(line, from + LEAST_LINE, to);
    int code = 0;
    for (int i = from + VERSION_LENGTH + 1; valid && i < from + LEAST_LINE; i++) {
      valid = isDigit(line[i]);
      code = 10 * code + line[i] - '0';
    }
    if (!valid || code < 100) {
      throw new HttpRefusal(HttpProblem.INVALID_REQUEST_LINE);
    }
    status = code;
    http10 = line[from + 7] == '0';
    inFields = true;
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }
}
