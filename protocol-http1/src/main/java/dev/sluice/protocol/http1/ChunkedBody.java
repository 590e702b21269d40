// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.protocol.http.FieldBlock;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.HttpRefusal;
import dev.sluice.protocol.http.RequestFields;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** A body in chunks (RFC 9112, section 7.1), with bounds on all that is not the body itself. */
final class ChunkedBody {

  /** A size with its extensions. */
  private static final int MAX_SIZE_LINE = 1024;

  private static final int SIZE_DIGITS = 15;

  /** What framing may take beyond twice the body and a line a chunk; extensions are no channel. */
  private static final int MAX_EXCESS = 16 << 10;

  private static final int FREE_A_CHUNK = 16;

  private enum State {
    SIZE,
    DATA,
    DATA_END,
    TRAILERS,
    COMPLETE
  }

  private final long maxBody;
  private final LineReader lines = new LineReader(this::bound);
  private final FieldLines trailers;
  private State state = State.SIZE;
  private long left;
  private long total;
  private long excess;

  ChunkedBody(HttpConfiguration limits) {
    this(limits.maxBodySize().bytes(), new FieldLines(limits, HttpProblem.INVALID_TRAILER));
  }

  ChunkedBody(long maxBody, FieldLines trailers) {
    this.maxBody = maxBody;
    this.trailers = trailers;
  }

  /** The next bytes of the body, a slice; null: more is needed, or it is {@link #complete}. */
  @Nullable ByteBuf next(ByteBuf in) throws HttpRefusal {
    lines.begin();
    while (true) {
      switch (state) {
        case SIZE -> {
          if (!lines.next(in)) {
            return null;
          }
          size(lines.bytes(), lines.start(), lines.end());
        }
        case DATA -> {
          if (!in.isReadable()) {
            return null;
          }
          int bytes = (int) Math.min(left, in.readableBytes());
          left -= bytes;
          if (left == 0) {
            state = State.DATA_END;
          }
          return in.readSlice(bytes);
        }
        case DATA_END -> {
          if (in.readableBytes() < 2) {
            if (in.isReadable() && in.getByte(in.readerIndex()) != '\r') {
              throw new HttpRefusal(HttpProblem.INVALID_CHUNK);
            }
            return null;
          }
          if (in.readByte() != '\r' || in.readByte() != '\n') {
            throw new HttpRefusal(HttpProblem.INVALID_CHUNK);
          }
          lines.begin();
          state = State.SIZE;
        }
        case TRAILERS -> {
          if (!lines.next(in)) {
            return null;
          }
          if (lines.start() == lines.end()) {
            state = State.COMPLETE;
            return null;
          }
          trailers.add(lines.bytes(), lines.start(), lines.end());
        }
        case COMPLETE -> {
          return null;
        }
      }
    }
  }

  boolean complete() {
    return state == State.COMPLETE;
  }

  FieldBlock takeTrailers() throws HttpRefusal {
    FieldBlock fields = trailers.take();
    for (int i = 0; i < fields.size(); i++) {
      RequestFields.checkTrailer(fields.name(i));
    }
    return fields;
  }

  /** A line may be too long before it ends. */
  private void bound(byte[] line, int from, int to) throws HttpRefusal {
    if (state == State.TRAILERS) {
      trailers.expect(to - from);
    } else if (to - from > MAX_SIZE_LINE) {
      throw new HttpRefusal(HttpProblem.INVALID_CHUNK);
    }
  }

  private void size(byte[] line, int from, int to) throws HttpRefusal {
    int digits = 0;
    long size = 0;
    int i = from;
    for (; i < to; i++) {
      int digit = digit(line[i]);
      if (digit < 0) {
        break;
      }
      if (digits > 0 || digit > 0) {
        digits++;
      }
      if (digits > SIZE_DIGITS) {
        throw new HttpRefusal(HttpProblem.BODY_TOO_LARGE);
      }
      size = (size << 4) | digit;
    }
    if (i == from || !ChunkExtensions.areValid(line, i, to)) {
      throw new HttpRefusal(HttpProblem.INVALID_CHUNK);
    }
    excess = Math.max(0, excess + (to - from) - FREE_A_CHUNK - 2 * size);
    if (excess > MAX_EXCESS) {
      throw new HttpRefusal(HttpProblem.INVALID_CHUNK);
    }
    total += size;
    if (total > maxBody || total < 0) {
      throw new HttpRefusal(HttpProblem.BODY_TOO_LARGE);
    }
    left = size;
    state = size == 0 ? State.TRAILERS : State.DATA;
  }

  private static int digit(byte b) {
    if (b >= '0' && b <= '9') {
      return b - '0';
    }
    int lower = b | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  }
}
