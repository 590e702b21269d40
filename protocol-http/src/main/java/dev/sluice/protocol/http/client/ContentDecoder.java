// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.protocol.http.client.HttpClientException.Kind;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Locale;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Takes the compression off a response's body, a piece at a time (RFC 9110, section 8.4.1). Its
 * native memory is given back by {@link #close}. On the connection's loop.
 *
 * <pre>
 *   MEMBER   gzip's header (RFC 1952)         → DEFLATED
 *   ZLIB     two bytes, zlib's header or none → DEFLATED  ("deflate" is sent both ways)
 *   DEFLATED compressed data                  → CHECK (gzip), DONE (deflate)
 *   CHECK    gzip's checksum and length       → DONE
 *   DONE     the body may end; gzip: or another member begins
 * </pre>
 */
final class ContentDecoder {

  /** The most of what comes out at once. */
  private static final int PIECE = 16 << 10;

  /** So much may come out of however little. */
  private static final long FREE = 1 << 20;

  private static final int CHECK_BYTES = 8;
  private static final int PARTIAL_CONTENT = 206;
  private static final byte[] EMPTY = new byte[0];

  /** What the body's next byte belongs to. */
  private enum Reading {
    MEMBER,
    ZLIB,
    DEFLATED,
    CHECK,
    DONE
  }

  /** The body is not what its fields say, or too much. */
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1;
    private final Kind kind;

    Refused(Kind kind, String message) {
      super(message, null, false, false);
      this.kind = kind;
    }

    Kind kind() {
      return kind;
    }
  }

  private final boolean gzip;
  private final int maxExpansion;
  private final CRC32 checksum = new CRC32();
  private final byte[] check = new byte[CHECK_BYTES];
  private final GzipHeader header = new GzipHeader();

  private Reading reading;
  private Inflater inflater;
  private int checked;

  /** Zlib's two bytes, which were read to see whether they are that. */
  private byte @Nullable [] first;

  /** A whole piece came out last: there may be more without a byte more of input. */
  private boolean pending;

  private boolean begun;
  private boolean closed;
  private long in;
  private long out;
  private long memberOut;

  private ContentDecoder(boolean gzip, int maxExpansion) {
    this.gzip = gzip;
    this.maxExpansion = maxExpansion;
    this.reading = gzip ? Reading.MEMBER : Reading.ZLIB;
    this.inflater = new Inflater(true);
  }

  /**
   * For a response whose body has one coding that is known here.
   *
   * @return null: its body stays as it comes
   */
  static @Nullable ContentDecoder of(HttpResponseHead head, int maxExpansion) {
    if (head.contentLength() == 0 || head.status() == PARTIAL_CONTENT) {
      // A part of something compressed can't be read by itself.
      return null;
    }
    String coding =
        String.join(",", head.headers().all("content-encoding")).strip().toLowerCase(Locale.ROOT);
    return switch (coding) {
      case "gzip", "x-gzip" -> new ContentDecoder(true, maxExpansion);
      case "deflate" -> new ContentDecoder(false, maxExpansion);
      default -> null;
    };
  }

  /**
   * What comes out next.
   *
   * @param from read as far as it goes
   * @return passes to the caller, not empty; null: all that came was read, and gives no more
   */
  @Nullable ByteBuf next(ByteBuf from) throws Refused {
    while (!closed) {
      begun |= from.isReadable();
      switch (reading) {
        case MEMBER -> {
          int before = from.readerIndex();
          boolean whole = header.read(from);
          in += from.readerIndex() - before;
          if (!whole) {
            return null;
          }
          reading = Reading.DEFLATED;
        }
        case ZLIB -> {
          if (!zlibRead(from)) {
            return null;
          }
          reading = Reading.DEFLATED;
        }
        case DEFLATED -> {
          ByteBuf piece = inflate(from);
          if (piece != null) {
            return piece;
          }
          if (reading == Reading.DEFLATED) {
            return null;
          }
        }
        case CHECK -> {
          if (!checkRead(from)) {
            return null;
          }
          reading = Reading.DONE;
        }
        case DONE -> {
          if (!from.isReadable()) {
            return null;
          }
          nextMember();
        }
      }
    }
    return null;
  }

  /** Whether the body may end here; one without a byte is empty, whatever its fields say. */
  boolean mayEnd() {
    return !begun || reading == Reading.DONE;
  }

  /** A second call does nothing. */
  void close() {
    closed = true;
    inflater.end();
  }

  private void nextMember() throws Refused {
    if (!gzip) {
      throw new Refused(Kind.INVALID_RESPONSE, "bytes behind the end of its compressed body");
    }
    inflater.reset();
    checksum.reset();
    header.reset();
    checked = 0;
    memberOut = 0;
    reading = Reading.MEMBER;
  }

  /** False: both bytes have to be there to tell. */
  private boolean zlibRead(ByteBuf from) {
    byte[] pair = first;
    if (pair == null) {
      if (!from.isReadable()) {
        return false;
      }
      pair = new byte[] {from.readByte(), 0};
      first = pair;
      in++;
    }
    if (!from.isReadable()) {
      return false;
    }
    pair[1] = from.readByte();
    in++;
    // RFC 1950, section 2.2.
    boolean zlib = (pair[0] & 0xf) == 8 && (((pair[0] & 0xff) << 8) | (pair[1] & 0xff)) % 31 == 0;
    if (zlib) {
      inflater.end();
      inflater = new Inflater();
    }
    inflater.setInput(pair);
    return true;
  }

  /** Null: nothing comes out of it; {@link #reading} says whether that was its end. */
  private @Nullable ByteBuf inflate(ByteBuf from) throws Refused {
    if (!from.isReadable() && !pending && first == null) {
      return null;
    }
    ByteBuf piece = from.alloc().heapBuffer(PIECE, PIECE);
    try {
      int length = inflate(from, piece);
      pending = length == PIECE;
      if (inflater.needsDictionary()) {
        throw new Refused(Kind.INVALID_RESPONSE, "its compressed body wants a dictionary");
      }
      if (inflater.finished()) {
        reading = gzip ? Reading.CHECK : Reading.DONE;
      }
      if (length == 0) {
        return null;
      }
      checksum.update(piece.array(), piece.arrayOffset(), length);
      memberOut += length;
      out += length;
      if (out > FREE && out / maxExpansion > in) {
        throw new Refused(
            Kind.RESPONSE_TOO_LARGE,
            "its body expands to more than " + maxExpansion + " times what was sent");
      }
      return piece.writerIndex(length).retain();
    } catch (DataFormatException e) {
      throw new Refused(Kind.INVALID_RESPONSE, "its body is not compressed as it says");
    } finally {
      piece.release();
    }
  }

  private int inflate(ByteBuf from, ByteBuf to) throws DataFormatException {
    if (first != null) {
      int length = inflater.inflate(to.array(), to.arrayOffset(), PIECE);
      if (inflater.getRemaining() == 0 || length == 0) {
        first = null;
      }
      if (length > 0 || inflater.finished()) {
        return length;
      }
    }
    ByteBuffer input = from.nioBuffer();
    int begin = input.position();
    inflater.setInput(input);
    int length = inflater.inflate(to.array(), to.arrayOffset(), PIECE);
    from.skipBytes(input.position() - begin);
    in += input.position() - begin;
    // The bytes are the caller's again.
    inflater.setInput(EMPTY);
    return length;
  }

  private boolean checkRead(ByteBuf from) throws Refused {
    int bytes = Math.min(CHECK_BYTES - checked, from.readableBytes());
    from.readBytes(check, checked, bytes);
    checked += bytes;
    in += bytes;
    if (checked < CHECK_BYTES) {
      return false;
    }
    ByteBuffer values = ByteBuffer.wrap(check).order(ByteOrder.LITTLE_ENDIAN);
    if (values.getInt() != (int) checksum.getValue() || values.getInt() != (int) memberOut) {
      throw new Refused(Kind.INVALID_RESPONSE, "its compressed body does not match its checksum");
    }
    return true;
  }
}
