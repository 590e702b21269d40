// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.HttpRefusal;
import io.netty.buffer.ByteBuf;

/**
 * Takes lines off the front of a buffer, which may end anywhere. A line ends with CR and LF and
 * with nothing else (RFC 9112, section 2.2, which leaves a bare LF to the recipient and forbids a
 * bare CR; those inside a line are refused by what the line is checked for).
 */
final class LineReader {

  private static final byte[] NONE = new byte[0];

  /**
   * Looks at a line, or at as much of it as has come, without its end. What it says of a part it
   * says of all that begins with it, so that it does not matter in which pieces a line comes.
   */
  interface Bound {
    void check(byte[] bytes, int from, int to) throws HttpRefusal;
  }

  /** Copied at once: most lines of a head are in it, so that arrays are looked at, not buffers. */
  private static final int WINDOW = 1024;

  private final Bound bound;
  private byte[] window = NONE;
  private int position;
  private int limit;
  private int start;
  private int end;

  /** Bytes at the front of the buffer that have been looked at without finding the line's end. */
  private int searched;

  LineReader(Bound bound) {
    this.bound = bound;
  }

  /** Before a pass over a buffer: what was copied from another is forgotten. */
  void begin() {
    window = NONE;
    position = 0;
    limit = 0;
  }

  /**
   * The line's bytes are {@link #bytes} from {@link #start} to {@link #end}. False: no whole one.
   */
  boolean next(ByteBuf in) throws HttpRefusal {
    int lineFeed = find();
    if (lineFeed < 0) {
      if (in.readableBytes() <= limit - position || !fill(in)) {
        return unfinished(in);
      }
      lineFeed = find();
      while (lineFeed < 0 && limit < in.readableBytes()) {
        searched = limit;
        grow(in);
        lineFeed = find();
      }
      if (lineFeed < 0) {
        return unfinished(in);
      }
    }
    start = position;
    end = withoutReturn(lineFeed);
    bound.check(window, start, end);
    if (end == lineFeed) {
      throw new HttpRefusal(HttpProblem.INVALID_LINE_END);
    }
    in.skipBytes(lineFeed + 1 - position);
    position = lineFeed + 1;
    searched = 0;
    return true;
  }

  private boolean unfinished(ByteBuf in) throws HttpRefusal {
    searched = in.readableBytes();
    bound.check(window, position, withoutReturn(limit));
    return false;
  }

  /** What may be the first half of the line's end. */
  private int withoutReturn(int to) {
    return to > position && window[to - 1] == '\r' ? to - 1 : to;
  }

  private int find() {
    for (int i = position + searched; i < limit; i++) {
      if (window[i] == '\n') {
        return i;
      }
    }
    return -1;
  }

  /** The window starts where the buffer does. */
  private boolean fill(ByteBuf in) {
    int known = searched;
    copy(in, Math.min(in.readableBytes(), Math.max(WINDOW, known + WINDOW)));
    return limit > known;
  }

  private void grow(ByteBuf in) {
    copy(in, Math.min(in.readableBytes(), limit * 2));
  }

  private void copy(ByteBuf in, int bytes) {
    window = new byte[bytes];
    in.getBytes(in.readerIndex(), window);
    position = 0;
    limit = bytes;
  }

  byte[] bytes() {
    return window;
  }

  int start() {
    return start;
  }

  int end() {
    return end;
  }

  /** The length of the line that has not ended. */
  int unfinished() {
    return searched;
  }
}
