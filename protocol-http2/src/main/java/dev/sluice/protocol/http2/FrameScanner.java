// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import java.nio.charset.StandardCharsets;

/**
 * Follows the boundaries of frames (RFC 9113, section 4.1) through the bytes of a connection as
 * they arrive, ahead of the codec, which keeps a frame to itself until it is whole. So floods are
 * counted before they cost, and a frame that never ends is seen.
 */
final class FrameScanner {

  /** RFC 9113, section 3.4. */
  private static final byte[] PREFACE =
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private static final int HEADER = 9;
  private static final int END_HEADERS = 0x4;

  private final Floods floods;

  private final byte[] header = new byte[HEADER];
  private int headerBytes;
  private int preface;
  private byte type;
  private int stream;
  private int length;
  private int left;

  // Of a WINDOW_UPDATE, as far as it has come.
  private int increment;
  private boolean headersOpen;
  private long whole;

  private FrameScanner(Floods floods, int preface) {
    this.floods = floods;
    this.preface = preface;
  }

  /** Of what a client sends, which begins with the preface. */
  static FrameScanner ofClient(Floods floods) {
    return new FrameScanner(floods, PREFACE.length);
  }

  /** Of what a server sends. */
  static FrameScanner ofServer(Floods floods) {
    return new FrameScanner(floods, 0);
  }

  /** Looks at more bytes; they stay unread. */
  void scan(ByteBuf data) throws Http2Exception {
    int at = data.readerIndex();
    int end = data.writerIndex();
    for (; preface > 0 && at < end; at++) {
      // Looked at here, since the codec takes some requests of HTTP/1 for a failure of its own.
      if (data.getByte(at) != PREFACE[PREFACE.length - preface]) {
        throw Http2Exception.connectionError(Http2Error.PROTOCOL_ERROR, "No preface");
      }
      preface--;
    }
    while (at < end) {
      if (left > 0) {
        int payload = Math.min(left, end - at);
        left -= payload;
        if (isWindowUpdate()) {
          windowUpdate(data, at, payload);
        }
        at += payload;
        ended();
      } else if (headerBytes == 0 && end - at >= HEADER) {
        begin(
            data.getUnsignedMedium(at),
            data.getByte(at + 3),
            data.getByte(at + 4),
            data.getInt(at + 5));
        at += HEADER;
      } else {
        header[headerBytes++] = data.getByte(at++);
        if (headerBytes == HEADER) {
          headerBytes = 0;
          begin(
              number(header[0], header[1], header[2]),
              header[3],
              header[4],
              header[5] << 24 | number(header[6], header[7], header[8]));
        }
      }
    }
  }

  private boolean isWindowUpdate() {
    return type == Floods.WINDOW_UPDATE && length == Floods.WINDOW_UPDATE_LENGTH;
  }

  private void windowUpdate(ByteBuf data, int at, int bytes) throws Http2Exception {
    for (int i = at; i < at + bytes; i++) {
      increment = increment << 8 | data.getUnsignedByte(i);
    }
    if (left == 0) {
      // RFC 9113, section 6.9: the first bit is reserved. Four more bytes push this one out.
      floods.windowUpdate(stream, increment & Integer.MAX_VALUE);
    }
  }

  private static int number(byte high, byte middle, byte low) {
    return (high & 0xff) << 16 | (middle & 0xff) << 8 | (low & 0xff);
  }

  private void begin(int frameLength, byte frameType, byte flags, int frameStream)
      throws Http2Exception {
    length = frameLength;
    left = frameLength;
    type = frameType;
    stream = frameStream & Integer.MAX_VALUE;
    if (type == Floods.HEADERS || type == Floods.CONTINUATION || type == Floods.PUSH_PROMISE) {
      headersOpen = (flags & END_HEADERS) == 0;
    }
    floods.frame(type, frameLength, flags);
    ended();
  }

  private void ended() {
    if (left == 0 && !headersOpen) {
      whole++;
    }
  }

  /** How many frames and blocks of header fields have come whole. */
  long whole() {
    return whole;
  }

  /**
   * Whether a frame or a block of header fields was begun and has not ended, or the preface, which
   * goes as far as the first frame (RFC 9113, section 3.4).
   */
  boolean unfinished() {
    return left > 0 || headerBytes > 0 || headersOpen || whole == 0;
  }

  /** What has come of a DATA frame of the stream that has not come whole. */
  int partOfData(int id) {
    return left > 0 && type == Floods.DATA && stream == id ? length - left : 0;
  }

  /** Whether what is unfinished is a DATA frame, and of which stream; 0: none. */
  int unfinishedData() {
    return left > 0 && type == Floods.DATA ? stream : 0;
  }
}
