// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.HttpDate;
import dev.sluice.protocol.http.ReasonPhrases;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;

/** Writes an answer's head as bytes (RFC 9112, sections 4 and 5), without header objects. */
final class AnswerHead {

  /** Where an answer declares no length. */
  static final long NO_LENGTH = -1;

  private static final int STATUS_CODES = 1000;

  /** Status line and the beginning of the Date field, by status, made when first needed. */
  private static final byte[][] BEGINNINGS = new byte[STATUS_CODES][];

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

  static void begin(ByteBuf out, RpcResponse response) {
    out.writeBytes(beginning(response.status()));
    AsciiString date = HttpDate.now();
    out.writeBytes(date.array(), date.arrayOffset(), date.length());
  }

  /** A field of the application's own; the response has seen to it that it can't split the head. */
  static void field(ByteBuf out, String name, String value) {
    out.writeShort(CRLF);
    ByteBufUtil.writeAscii(out, name);
    out.writeShort(COLON);
    ByteBufUtil.writeAscii(out, value);
  }

  /**
   * The application's fields.
   *
   * @param mayDeclare whether the length is for the application to declare, which only it can know
   * @return the length that it has declared, or {@link #NO_LENGTH}
   */
  static long fields(ByteBuf out, RpcResponse response, boolean mayDeclare) {
    long declared = NO_LENGTH;
    for (int i = 0; i < response.fieldCount(); i++) {
      String name = response.fieldName(i);
      String value = response.fieldValue(i);
      if (name.length() == 14 && name.equalsIgnoreCase("content-length")) {
        if (mayDeclare && declared == NO_LENGTH && isLength(value)) {
          declared = Long.parseLong(value);
          length(out, declared);
        }
      } else if (!(name.length() == 4 && name.equalsIgnoreCase("date"))) {
        field(out, name, value);
      }
    }
    return declared;
  }

  private static boolean isLength(String value) {
    return !value.isEmpty()
        && value.length() <= 18
        && value.chars().allMatch(c -> c >= '0' && c <= '9');
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

  /** A whole answer that closes its connection. */
  static ByteBuf whole(ByteBufAllocator allocator, RpcResponse response) {
    ByteBuf body = response.takeBody();
    try {
      ByteBuf out = allocator.buffer(capacity(response) + body.readableBytes());
      begin(out, response);
      response.forEachField((name, value) -> field(out, name, value));
      length(out, body.readableBytes());
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
  private static byte[] beginning(int status) {
    byte[] bytes = BEGINNINGS[status];
    if (bytes == null) {
      bytes = ascii("HTTP/1.1 " + status + " " + ReasonPhrases.of(status) + "\r\ndate: ");
      BEGINNINGS[status] = bytes;
    }
    return bytes;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
