// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.protocol.http.FieldBlock;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.HttpRefusal;
import dev.sluice.protocol.http.Octets;
import java.util.Arrays;

/** Reads the field lines of one head, or of one body's trailers (RFC 9112, section 5). */
final class FieldLines {

  private static final byte[] NO_BYTES = new byte[0];
  private static final int[] NO_BOUNDS = new int[0];

  /** Most requests of programs have no more. */
  private static final int FEW_FIELDS = 4;

  private static final int MANY_FIELDS = 32;

  private final int maxBytes;
  private final int maxCount;
  private final HttpProblem malformed;

  /** The line's array while all fields are in one; else a copy of them all, which grows. */
  private byte[] block = NO_BYTES;

  private boolean copied;
  private int copiedTo;
  private int[] bounds = NO_BOUNDS;
  private int bytes;
  private int count;

  /** How many there were before: a client's requests are alike. */
  private int expected = FEW_FIELDS;

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
    int moved = keep(line, from, to);
    int at = FieldBlock.BOUNDS * (count - 1);
    if (at == bounds.length) {
      bounds = Arrays.copyOf(bounds, Math.max(FieldBlock.BOUNDS * expected, 2 * at));
    }
    bounds[at] = from + moved;
    bounds[at + 1] = colon + moved;
    bounds[at + 2] = start + moved;
    bounds[at + 3] = end + moved;
  }

  /**
   * Keeps a line's bytes, which nobody writes to any more.
   *
   * @return how far they are from where they were
   */
  private int keep(byte[] line, int from, int to) {
    if (count == 1) {
      block = line;
    }
    if (block == line) {
      return 0;
    }
    if (!copied) {
      copyBlock();
    }
    int length = to - from;
    if (copiedTo + length > block.length) {
      block = Arrays.copyOf(block, Math.max(2 * block.length, copiedTo + length));
    }
    System.arraycopy(line, from, block, copiedTo, length);
    copiedTo += length;
    return copiedTo - to;
  }

  /** The head has come in pieces: the fields of the first one, without what is between them. */
  private void copyBlock() {
    byte[] copy = new byte[bytes];
    for (int i = 0; i < FieldBlock.BOUNDS * (count - 1); i += FieldBlock.BOUNDS) {
      int from = bounds[i];
      int length = bounds[i + 3] - from;
      System.arraycopy(block, from, copy, copiedTo, length);
      for (int j = i; j < i + FieldBlock.BOUNDS; j++) {
        bounds[j] += copiedTo - from;
      }
      copiedTo += length;
    }
    block = copy;
    copied = true;
  }

  /** Refuses a line that has not ended yet and is too long already. */
  void expect(int more) throws HttpRefusal {
    if (bytes + (long) more > maxBytes) {
      throw new HttpRefusal(HttpProblem.HEADERS_TOO_LARGE);
    }
  }

  /** What was read, and a new beginning. */
  FieldBlock take() {
    FieldBlock taken = count == 0 ? FieldBlock.EMPTY : new FieldBlock(block, bounds, count);
    expected = Math.max(1, Math.min(count, MANY_FIELDS));
    block = NO_BYTES;
    copied = false;
    copiedTo = 0;
    bounds = NO_BOUNDS;
    bytes = 0;
    count = 0;
    return taken;
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t';
  }
}
