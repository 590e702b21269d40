// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.protocol.http.HttpRefusal;
import dev.sluice.protocol.http.RequestFields;
import dev.sluice.protocol.http.client.HttpClientRequest;
import dev.sluice.protocol.http.client.HttpResponseHead;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.List;

/**
 * Judges a response's header fields, which the codec has found well-formed one by one (RFC 9113,
 * section 8.1.1).
 */
final class ResponseRules {

  private static final int INTERIM = 200;
  private static final int SWITCHING_PROTOCOLS = 101;

  private ResponseRules() {}

  /**
   * A head, also an interim one.
   *
   * @param ended whether no body follows
   */
  static HttpResponseHead judge(int stream, Http2Headers fields, String method, boolean ended)
      throws Http2Exception {
    CharSequence text = fields.status();
    int pseudo = RequestRules.checkFields(stream, fields);
    int status = text == null || text.length() != 3 ? 0 : number(text);
    if (pseudo != 1 || status < 100 || status == SWITCHING_PROTOCOLS) {
      throw RequestRules.malformed(stream, "no valid status");
    }
    if (status < INTERIM) {
      if (ended) {
        throw RequestRules.malformed(stream, "an interim response ends its stream");
      }
      return new HttpResponseHead("HTTP/2", status, new FieldsView(fields), 0);
    }
    long declared = declared(stream, fields);
    // Where no response has a body its length may stand there all the same, and says nothing.
    boolean bodiless = method.equals("HEAD") || status == 204 || status == 304;
    if (ended && declared > 0 && !bodiless) {
      throw RequestRules.malformed(stream, "a body was declared and there is none");
    }
    return new HttpResponseHead(
        "HTTP/2", status, new FieldsView(fields), bodiless || ended ? 0 : declared);
  }

  private static int number(CharSequence text) {
    int number = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return 0;
      }
      number = 10 * number + c - '0';
    }
    return number;
  }

  private static long declared(int stream, Http2Headers fields) throws Http2Exception {
    List<CharSequence> values = fields.getAll(HttpHeaderNames.CONTENT_LENGTH);
    if (values.isEmpty()) {
      return HttpClientRequest.UNKNOWN_LENGTH;
    }
    try {
      if (values.size() == 1) {
        return RequestFields.contentLength(values.get(0));
      }
    } catch (HttpRefusal notANumber) {
      // As several are.
    }
    throw RequestRules.malformed(stream, "no valid length");
  }

  /** Section 8.1: no pseudo-header fields, and none that tells how the message is read. */
  static void judgeTrailers(int stream, Http2Headers fields) throws Http2Exception {
    try {
      if (RequestRules.checkFields(stream, fields) == 0) {
        for (CharSequence name : fields.names()) {
          RequestFields.checkTrailer(name.toString());
        }
        return;
      }
    } catch (HttpRefusal forbidden) {
      // Malformed, as a pseudo-header field is.
    }
    throw RequestRules.malformed(stream, "a field that no trailer may be");
  }
}
