// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.HttpRefusal;
import dev.sluice.protocol.http.Methods;
import dev.sluice.protocol.http.Octets;
import dev.sluice.protocol.http.RequestHead;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Reads a request's head: its line and its fields (RFC 9112, sections 3 and 5). What they say is
 * judged by {@link RequestRules}.
 */
final class HeadParser {

  /** Section 2.2: one empty line before a request should be ignored; some clients send two. */
  private static final int EMPTY_LINES = 2;

  /** Method, spaces and version. */
  private static final int BESIDE_TARGET = 64;

  private static final int VERSION_LENGTH = "HTTP/1.1".length();

  private final int maxTarget;
  private final LineReader lines = new LineReader(this::bound);
  private final FieldLines fields;
  private final RequestRules rules;
  private int emptyLines;
  private boolean inFields;
  private @Nullable String method;
  private String target = "";
  private boolean http10;

  /**
   * For one connection.
   *
   * @param secure whether it is under TLS
   */
  HeadParser(HttpConfiguration limits, boolean secure) {
    this.maxTarget = limits.maxTargetLength().toIntSaturated();
    this.fields = new FieldLines(limits, HttpProblem.INVALID_HEADER);
    this.rules = new RequestRules(limits, secure);
  }

  /** Null: there is not enough yet; what was read of the buffer need not be kept. */
  @Nullable RequestHead parse(ByteBuf in) throws HttpRefusal {
    lines.begin();
    while (lines.next(in)) {
      boolean empty = lines.start() == lines.end();
      if (!inFields) {
        if (!empty) {
          requestLine(lines.bytes(), lines.start(), lines.end());
        } else if (++emptyLines > EMPTY_LINES) {
          throw new HttpRefusal(HttpProblem.INVALID_REQUEST_LINE);
        }
      } else if (empty) {
        inFields = false;
        emptyLines = 0;
        return rules.judge(Objects.requireNonNull(method), target, http10, fields.take());
      } else {
        fields.add(lines.bytes(), lines.start(), lines.end());
      }
    }
    return null;
  }

  /** Whether a request has begun and its head has not ended; empty lines are no beginning. */
  boolean begun() {
    return inFields || lines.unfinished() > 0;
  }

  /** Of the request whose line was read last, as far as it has come. */
  @Nullable String method() {
    return method;
  }

  /** Section 3: a single space between the parts, and none elsewhere. */
  private void requestLine(byte[] line, int from, int to) throws HttpRefusal {
    int methodEnd = indexOfSpace(line, from, to);
    int targetEnd = indexOfSpace(line, methodEnd + 1, to);
    if (!Octets.isToken(line, from, methodEnd)) {
      throw new HttpRefusal(HttpProblem.INVALID_REQUEST_LINE);
    }
    // RFC 9110, section 4.1: longer ones than 8,000 bytes need not be taken.
    if (targetEnd - methodEnd - 1 > maxTarget) {
      throw new HttpRefusal(HttpProblem.TARGET_TOO_LONG);
    }
    if (targetEnd <= methodEnd + 1 || !isVersion(line, targetEnd + 1, to)) {
      throw new HttpRefusal(HttpProblem.INVALID_REQUEST_LINE);
    }
    int major = line[targetEnd + 6] - '0';
    int minor = line[targetEnd + 8] - '0';
    // RFC 9110, section 15.6.6. A higher minor version is served as the one that we know (2.5).
    if (major != 1) {
      throw new HttpRefusal(HttpProblem.VERSION_NOT_SUPPORTED);
    }
    http10 = minor == 0;
    target =
        new String(line, methodEnd + 1, targetEnd - methodEnd - 1, StandardCharsets.ISO_8859_1);
    inFields = true;
  }

  private static int indexOfSpace(byte[] line, int from, int to) throws HttpRefusal {
    for (int i = from; i < to; i++) {
      if (line[i] == ' ') {
        return i;
      }
    }
    throw new HttpRefusal(HttpProblem.INVALID_REQUEST_LINE);
  }

  /** Section 2.3: case matters, one digit each. */
  private static boolean isVersion(byte[] line, int from, int to) {
    return to - from == VERSION_LENGTH
        && line[from] == 'H'
        && line[from + 1] == 'T'
        && line[from + 2] == 'T'
        && line[from + 3] == 'P'
        && line[from + 4] == '/'
        && isDigit(line[from + 5])
        && line[from + 6] == '.'
        && isDigit(line[from + 7]);
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  /** A line may be too long, or no HTTP at all, before it ends; it may never end. */
  private void bound(byte[] line, int from, int to) throws HttpRefusal {
    if (inFields) {
      fields.expect(to - from);
      return;
    }
    // That of the request before says nothing of this one.
    method = null;
    int spaces = 0;
    for (int i = from; i < to; i++) {
      byte b = line[i];
      if (b == ' ' && spaces++ == 0) {
        method = Methods.name(line, from, i);
      }
      if ((b < ' ' && b >= 0) || b == 0x7f) {
        // Such as the beginning of a TLS handshake.
        throw new HttpRefusal(
            spaces == 1 ? HttpProblem.INVALID_TARGET : HttpProblem.INVALID_REQUEST_LINE);
      }
      if (i - from >= BESIDE_TARGET && spaces == 0) {
        throw new HttpRefusal(HttpProblem.METHOD_NOT_IMPLEMENTED);
      }
      if (i - from >= maxTarget + BESIDE_TARGET) {
        throw new HttpRefusal(HttpProblem.TARGET_TOO_LONG);
      }
    }
  }
}
