// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.AnswerFraming;
import dev.sluice.protocol.http.HttpDate;
import dev.sluice.protocol.http.ReasonPhrases;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** Writes an answer's head as bytes (RFC 9112, sections 4 and 5), without header objects. */
final class AnswerHead {

  private static final int STATUS_CODES = 1000;

  /**
   * Status lines by status, made when first needed. Whoever finds one finds it whole: bytes in a
   * plain array could be seen before they are written.
   */
  private static final AtomicReferenceArray<byte[]> STATUS_LINES =
      new AtomicReferenceArray<>(STATUS_CODES);

  private static final byte[] DATE = ascii("\r\ndate: ");
  private static final byte[] LENGTH = ascii("\r\ncontent-length: ");
  private static final byte[] CHUNKED = ascii("\r\ntransfer-encoding: chunked");
  private static final byte[] CLOSE = ascii("\r\nconnection: close");
  private static final byte[] KEEP_ALIVE = ascii("\r\nconnection: keep-alive");

  static final int CRLF = ('\r' << 8) | '\n';
  private static final int COLON = (':' << 8) | ' ';

  private static final int BASE = 160;
  private static final int A_FIELD = 48;

  private AnswerHead() {}

  /** Room for a head, so that its buffer does not have to grow; rarely too little. */
  static int capacity(RpcResponse response) {
    return BASE + A_FIELD * response.fieldCount();
  }

  /**
   * Status line, and date where there is none of the application's own.
   *
   * @param framing says so
   */
  static void begin(ByteBuf out, int status, AnswerFraming framing) {
    out.writeBytes(statusLine(status));
    if (!framing.dated()) {
      AsciiString date = HttpDate.now();
      out.writeBytes(DATE);
      out.writeBytes(date.array(), date.arrayOffset(), date.length());
    }
  }

  /** A field of the application's own; the response has seen to it that it can't split the head. */
  static void field(ByteBuf out, String name, String value) {
    out.writeShort(CRLF);
    ByteBufUtil.writeAscii(out, name);
    out.writeShort(COLON);
    ByteBufUtil.writeAscii(out, value);
  }

  /**
   * The application's fields, and the length.
   *
   * @param framing says which
   */
  static void fields(ByteBuf out, OutgoingFields own, AnswerFraming framing) {
    for (int i = 0; i < own.size(); i++) {
      if (!AnswerFraming.isLength(own.name(i))) {
        field(out, own.name(i), own.value(i));
      }
    }
    if (framing.length() != AnswerFraming.NO_LENGTH) {
      length(out, framing.length());
    }
  }

  static void length(ByteBuf out, long bytes) {
    out.writeBytes(LENGTH);
    decimal(out, bytes);
  }

  static void chunked(ByteBuf out) {
    out.writeBytes(CHUNKED);
  }

  static void close(ByteBuf out) {
    out.writeBytes(CLOSE);
  }

  static void keepAlive(ByteBuf out) {
    out.writeBytes(KEEP_ALIVE);
  }

  static void end(ByteBuf out) {
    out.writeInt((CRLF << 16) | CRLF);
  }

  /** What is told before an answer. */
  static ByteBuf interim(ByteBufAllocator allocator, int status, OutgoingFields own) {
    ByteBuf out = allocator.buffer(BASE + A_FIELD * own.size());
    out.writeBytes(statusLine(status));
    fields(out, own, AnswerFraming.INTERIM);
    end(out);
    return out;
  }

  /** A whole answer that closes its connection. */
  static ByteBuf whole(ByteBufAllocator allocator, RpcResponse response) {
    ByteBuf body = response.takeBody();
    try {
      ByteBuf out = allocator.buffer(capacity(response) + body.readableBytes());
      AnswerFraming framing = AnswerFraming.whole("GET", response, body.readableBytes());
      begin(out, response.status(), framing);
      fields(out, response.fields(), framing);
      close(out);
      end(out);
      return out.writeBytes(body);
    } finally {
      body.release();
    }
  }

  private static void decimal(ByteBuf out, long number) {
    if (number < 10) {
      out.writeByte('0' + (int) number);
    } else {
      decimal(out, number / 10);
      out.writeByte('0' + (int) (number % 10));
    }
  }

  /** Two threads may make the same one. */
  private static byte[] statusLine(int status) {
    byte[] bytes = STATUS_LINES.getAcquire(status);
    if (bytes == null) {
      bytes = ascii("HTTP/1.1 " + status + " " + ReasonPhrases.of(status));
      STATUS_LINES.setRelease(status, bytes);
    }
    return bytes;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
