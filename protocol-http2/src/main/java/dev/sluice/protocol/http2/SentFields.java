// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.protocol.http.Methods;
import dev.sluice.protocol.http.client.HttpClientRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.ReadOnlyHttp2Headers;
import io.netty.util.AsciiString;

/** Puts together the header fields of requests. */
final class SentFields {

  /** Length and expectation. */
  private static final int OWN = 2;

  private SentFields() {}

  /**
   * The pseudo-header fields (RFC 9113, section 8.3.1), and the request's own.
   *
   * @param authority where the request does not say
   */
  static Http2Headers head(HttpClientRequest request, String authority, boolean secure) {
    OutgoingFields own = request.fields();
    AsciiString[] fields = new AsciiString[2 * (own.size() + OWN)];
    int to = AnswerFields.add(own, fields, 0, false);
    long length = request.contentLength();
    if (length > 0 || (length == 0 && Methods.meansContent(request.method()))) {
      fields[to++] = HttpHeaderNames.CONTENT_LENGTH;
      fields[to++] = AnswerFields.length(length);
    }
    if (request.expectsContinue()) {
      fields[to++] = HttpHeaderNames.EXPECT;
      fields[to++] = HttpHeaderValues.CONTINUE;
    }
    return ReadOnlyHttp2Headers.clientHeaders(
        false,
        AsciiString.of(request.method()),
        AsciiString.of(request.target()),
        AsciiString.of(secure ? "https" : "http"),
        AsciiString.of(request.authority().orElse(authority)),
        AnswerFields.trim(fields, to));
  }

  static Http2Headers trailers(OutgoingFields own) {
    AsciiString[] fields = new AsciiString[2 * own.size()];
    int to = AnswerFields.add(own, fields, 0, false);
    return ReadOnlyHttp2Headers.trailers(false, AnswerFields.trim(fields, to));
  }
}
