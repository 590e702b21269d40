// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.protocol.http.Methods;
import dev.sluice.protocol.http.client.HttpClientRequest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;

/** Writes a request's head as bytes (RFC 9112, sections 3 and 5). */
final class RequestWriter {

  private static final byte[] VERSION_AND_HOST = ascii(" HTTP/1.1\r\nhost: ");
  private static final byte[] EXPECT = ascii("\r\nexpect: 100-continue");

  private static final int BASE = 128;
  private static final int A_FIELD = 48;

  private RequestWriter() {}

  /**
   * The head, with room behind it.
   *
   * @param authority where the request does not say
   * @param room for a body that is copied behind it
   */
  static ByteBuf head(
      ByteBufAllocator allocator, HttpClientRequest request, String authority, int room) {
    OutgoingFields fields = request.fields();
    ByteBuf out =
        allocator.buffer(BASE + request.target().length() + A_FIELD * fields.size() + room);
    ByteBufUtil.writeAscii(out, request.method());
    out.writeByte(' ');
    ByteBufUtil.writeAscii(out, request.target());
    out.writeBytes(VERSION_AND_HOST);
    ByteBufUtil.writeAscii(out, request.authority().orElse(authority));
    for (int i = 0; i < fields.size(); i++) {
      AnswerHead.field(out, fields.name(i), fields.value(i));
    }
    long length = request.contentLength();
    if (length == HttpClientRequest.UNKNOWN_LENGTH) {
      AnswerHead.chunked(out);
    } else if (length > 0 || Methods.meansContent(request.method())) {
      AnswerHead.length(out, length);
    }
    if (request.expectsContinue()) {
      out.writeBytes(EXPECT);
    }
    AnswerHead.end(out);
    return out;
  }

  /** The end of a body in chunks, with fields behind it. */
  static ByteBuf trailers(ByteBufAllocator allocator, OutgoingFields fields) {
    ByteBuf out = allocator.buffer(BASE + A_FIELD * fields.size());
    out.writeByte('0');
    fields.forEach((name, value) -> AnswerHead.field(out, name, value));
    AnswerHead.end(out);
    return out;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
