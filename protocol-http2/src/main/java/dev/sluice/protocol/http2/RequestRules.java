// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import static io.netty.handler.codec.http2.Http2Error.PROTOCOL_ERROR;

import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.HttpRefusal;
import dev.sluice.protocol.http.Methods;
import dev.sluice.protocol.http.RequestFields;
import dev.sluice.protocol.http.RequestHead;
import dev.sluice.protocol.http.RequestTarget;
import dev.sluice.protocol.http.Schemes;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Headers.PseudoHeaderName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Judges a request's header fields, which the codec has found well-formed one by one: what they ask
 * for, and whether that can be done. What is malformed by RFC 9113 ends the stream; what is only
 * wrong by HTTP's own rules is answered as in every version.
 */
final class RequestRules {

  private RequestRules() {}

  /**
   * A request's head.
   *
   * @param ended whether no body follows
   * @param secure whether the connection is under TLS
   */
  static RequestHead judge(
      int stream, Http2Headers fields, boolean ended, boolean secure, HttpConfiguration limits)
      throws Http2Exception, HttpRefusal {
    CharSequence path = fields.path();
    int pseudo = checkWhole(stream, fields, path);
    if (path != null && path.length() > limits.maxTargetLength().toIntSaturated()) {
      throw new HttpRefusal(HttpProblem.TARGET_TOO_LONG);
    }
    if (fields.size() - pseudo > limits.maxHeadersCount()) {
      throw new HttpRefusal(HttpProblem.HEADERS_TOO_LARGE);
    }
    String method = Methods.name(text(fields.method()));
    Methods.check(method);
    Schemes.check(text(fields.scheme()), secure, limits);
    String authority = authority(fields);
    RequestTarget target = RequestTarget.origin(method, text(path));
    long length = length(fields, ended);
    return new RequestHead(
        "HTTP/2",
        method,
        authority,
        target.path(),
        target.query(),
        new FieldsView(fields),
        length,
        expectsContinue(fields, ended),
        true);
  }

  /**
   * RFC 9113, section 8.3.1; for CONNECT section 8.5, extended by RFC 8441.
   *
   * @return how many pseudo-header fields there are
   */
  private static int checkWhole(int stream, Http2Headers fields, @Nullable CharSequence path)
      throws Http2Exception {
    CharSequence method = fields.method();
    if (method == null || !OutgoingFields.isToken(method.toString())) {
      throw malformed(stream, "no method");
    }
    // It may be sent to those alone who have announced that they take it.
    if (fields.contains(PseudoHeaderName.PROTOCOL.value())) {
      throw malformed(stream, "extended CONNECT");
    }
    boolean connect = "CONNECT".contentEquals(method);
    CharSequence scheme = fields.scheme();
    if (connect != (scheme == null) || connect != (path == null)) {
      throw malformed(stream, "scheme or path");
    }
    if (connect && fields.authority() == null) {
      throw malformed(stream, "no authority");
    }
    if (path != null && path.length() == 0) {
      throw malformed(stream, "an empty path");
    }
    int pseudo = checkFields(stream, fields);
    if (pseudo != (connect ? 1 : 3) + (fields.authority() == null ? 0 : 1)) {
      throw malformed(stream, "a pseudo-header field twice");
    }
    return pseudo;
  }

  /** Section 8.2.1: a value does not end with white space, which the codec lets through. */
  static int checkFields(int stream, Http2Headers fields) throws Http2Exception {
    int pseudo = 0;
    for (Map.Entry<CharSequence, CharSequence> field : fields) {
      if (FieldsView.isPseudo(field.getKey())) {
        pseudo++;
      }
      CharSequence value = field.getValue();
      char last = value.length() == 0 ? 'x' : value.charAt(value.length() - 1);
      if (last == ' ' || last == '\t') {
        throw malformed(stream, "white space behind a value");
      }
    }
    return pseudo;
  }

  static Http2Exception malformed(int stream, String what) {
    return Http2Exception.streamError(stream, PROTOCOL_ERROR, "Malformed: %s", what);
  }

  /** Section 8.3.1: where both stand they say the same. */
  private static String authority(Http2Headers fields) throws HttpRefusal {
    CharSequence pseudo = fields.authority();
    CharSequence host = fields.get(HttpHeaderNames.HOST);
    if (host != null && fields.getAll(HttpHeaderNames.HOST).size() > 1) {
      throw new HttpRefusal(HttpProblem.INVALID_HOST);
    }
    String authority = text(pseudo == null ? host : pseudo);
    if (!RequestTarget.isAuthority(authority)
        || (pseudo != null && host != null && !isSame(authority, host.toString(), fields))) {
      throw new HttpRefusal(HttpProblem.INVALID_HOST);
    }
    return authority;
  }

  /** The scheme says which port need not be named; the connection may be a proxy's. */
  private static boolean isSame(String authority, String host, Http2Headers fields) {
    boolean secure = "https".equalsIgnoreCase(text(fields.scheme()));
    return RequestTarget.isAuthority(host) && RequestTarget.sameAuthority(authority, host, secure);
  }

  private static long length(Http2Headers fields, boolean ended) throws HttpRefusal {
    CharSequence declared = fields.get(HttpHeaderNames.CONTENT_LENGTH);
    if (declared == null) {
      return ended ? 0 : RequestHead.UNKNOWN_LENGTH;
    }
    return RequestFields.contentLength(declared);
  }

  private static boolean expectsContinue(Http2Headers fields, boolean ended) throws HttpRefusal {
    List<CharSequence> values = fields.getAll(HttpHeaderNames.EXPECT);
    if (values.isEmpty()) {
      return false;
    }
    List<String> texts = new ArrayList<>(values.size());
    values.forEach(value -> texts.add(value.toString()));
    return RequestFields.expectsContinue(texts) && !ended;
  }

  /** Section 8.1: no pseudo-header fields, and none that tells how the message is read. */
  static void judgeTrailers(int stream, Http2Headers fields, HttpConfiguration limits)
      throws Http2Exception, HttpRefusal {
    if (checkFields(stream, fields) > 0) {
      throw malformed(stream, "a pseudo-header field in a trailer");
    }
    if (fields.size() > limits.maxHeadersCount()) {
      throw new HttpRefusal(HttpProblem.HEADERS_TOO_LARGE);
    }
    for (Map.Entry<CharSequence, CharSequence> field : fields) {
      RequestFields.checkTrailer(field.getKey().toString());
    }
  }

  private static String text(@Nullable CharSequence value) {
    return value == null ? "" : value.toString();
  }
}
