// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.ReadOnlyHttp2Headers;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;

/**
 * A request that is sent over and over, and the answer that each has to get.
 *
 * @param head of the request
 * @param upload bytes of the request's body, all zeros
 * @param body of the answer; an empty one means that any of that length will do
 * @param length of the answer's body
 */
record Http2Exchange(Http2Headers head, int upload, ByteBuf body, int length) {

  static Http2Exchange hello() {
    return new Http2Exchange(head("GET", "/hello"), 0, bytes("Hello, World!"), 13);
  }

  static Http2Exchange download(int size) {
    return new Http2Exchange(head("GET", "/bytes/" + size), 0, Unpooled.EMPTY_BUFFER, size);
  }

  static Http2Exchange upload(int size) {
    if (size == 0) {
      throw new IllegalArgumentException("an upload needs a size");
    }
    String answer = Integer.toString(size);
    Http2Headers head =
        head("POST", "/sink", HttpHeaderNames.CONTENT_LENGTH, AsciiString.of(answer));
    return new Http2Exchange(head, size, bytes(answer), answer.length());
  }

  private static Http2Headers head(String method, String path, AsciiString... fields) {
    return ReadOnlyHttp2Headers.clientHeaders(
        true,
        AsciiString.of(method),
        AsciiString.of(path),
        AsciiString.of("https"),
        AsciiString.of("localhost"),
        fields);
  }

  private static ByteBuf bytes(String text) {
    return Unpooled.unreleasableBuffer(Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII));
  }
}
