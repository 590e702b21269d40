// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.protocol.http.client.ContentDecoder.Refused;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import io.netty.buffer.ByteBuf;

/**
 * Reads over the header of a gzip member (RFC 1952, section 2.3), in whatever pieces it comes.
 * Nothing of it is kept.
 */
final class GzipHeader {

  private static final int FIXED = 10;
  private static final int HEADER_CHECK = 2;
  private static final int EXTRA = 4;
  private static final int NAME = 8;
  private static final int COMMENT = 16;
  private static final int RESERVED = 0xe0;

  /** How much of the fixed part was read. */
  private int at;

  private int flags;

  /** Bytes of the extra field that are left; -2 and -1: two, or one, of its length's are. */
  private int extra;

  private int low;

  /** Texts that are left, each with a zero at its end. */
  private int texts;

  /** Bytes of the header's checksum that are left. */
  private int check;

  void reset() {
    at = 0;
  }

  /** False: more of it is to come. */
  boolean read(ByteBuf from) throws Refused {
    while (from.isReadable()) {
      if (at < FIXED) {
        fixed(from.readUnsignedByte());
      } else if (extra < 0) {
        extraLength(from.readUnsignedByte());
      } else if (extra > 0) {
        int bytes = Math.min(extra, from.readableBytes());
        from.skipBytes(bytes);
        extra -= bytes;
      } else if (texts > 0) {
        int length = from.bytesBefore((byte) 0);
        from.skipBytes(length < 0 ? from.readableBytes() : length + 1);
        texts -= length < 0 ? 0 : 1;
      } else if (check > 0) {
        from.skipBytes(1);
        check--;
      }
      if (at == FIXED && extra == 0 && texts == 0 && check == 0) {
        return true;
      }
    }
    return false;
  }

  private void fixed(int value) throws Refused {
    boolean right =
        switch (at) {
          case 0 -> value == 0x1f;
          case 1 -> value == 0x8b;
          case 2 -> value == 8;
          case 3 -> (value & RESERVED) == 0;
          default -> true;
        };
    if (!right) {
      throw new Refused(Kind.INVALID_RESPONSE, "its body is not gzip, as it says");
    }
    if (at == 3) {
      flags = value;
    }
    if (++at == FIXED) {
      extra = (flags & EXTRA) == 0 ? 0 : -2;
      texts = ((flags & NAME) == 0 ? 0 : 1) + ((flags & COMMENT) == 0 ? 0 : 1);
      check = (flags & HEADER_CHECK) == 0 ? 0 : 2;
    }
  }

  private void extraLength(int value) {
    if (extra == -2) {
      low = value;
      extra = -1;
    } else {
      extra = value << 8 | low;
    }
  }
}
