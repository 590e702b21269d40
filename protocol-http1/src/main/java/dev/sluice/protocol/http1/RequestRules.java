// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.protocol.http.HeadersView;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.HttpRefusal;
import dev.sluice.protocol.http.Methods;
import dev.sluice.protocol.http.RequestFields;
import dev.sluice.protocol.http.RequestHead;
import dev.sluice.protocol.http.RequestTarget;
import dev.sluice.protocol.http.Schemes;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Iterator;

/** Judges a head that is well-formed: what it asks for, and whether that can be done. */
final class RequestRules {

  private RequestRules() {}

  static Http1Head judge(HeadParser.Head head, boolean secure, HttpConfiguration limits)
      throws HttpRefusal {
    HttpHeaders fields = head.fields();
    String host = host(head);
    Methods.check(head.method());
    RequestTarget target = RequestTarget.parse(head.method(), head.target());
    if (target.scheme() != null) {
      Schemes.check(target.scheme(), secure, limits);
    }
    long length = length(head);
    // RFC 9112, section 3.2.2: the authority of an absolute form stands in for the Host field.
    String authority = target.authority() == null ? host : target.authority();
    return new Http1Head(
        new RequestHead(
            head.http10() ? "HTTP/1.0" : "HTTP/1.1",
            head.method(),
            authority,
            target.path(),
            target.query(),
            HeadersView.of(fields),
            length,
            expectsContinue(head)),
        head.http10(),
        MessageRules.keepAlive(fields, head.http10()));
  }

  /** RFC 9112, section 3.2: exactly one and a valid one; HTTP/1.0 may do without. */
  private static String host(HeadParser.Head head) throws HttpRefusal {
    Iterator<String> hosts = head.fields().valueStringIterator(HttpHeaderNames.HOST);
    if (!hosts.hasNext()) {
      if (head.http10()) {
        return "";
      }
      throw new HttpRefusal(HttpProblem.INVALID_HOST);
    }
    String host = hosts.next();
    if (hosts.hasNext() || !RequestTarget.isAuthority(host)) {
      throw new HttpRefusal(HttpProblem.INVALID_HOST);
    }
    return host;
  }

  /** RFC 9112, section 6.3. */
  private static long length(HeadParser.Head head) throws HttpRefusal {
    HttpHeaders fields = head.fields();
    boolean coded = fields.contains(HttpHeaderNames.TRANSFER_ENCODING);
    String declared = fields.get(HttpHeaderNames.CONTENT_LENGTH);
    if (coded) {
      // Section 6.1: both at once, and codings towards HTTP/1.0, are how requests are smuggled.
      if (declared != null || head.http10()) {
        throw new HttpRefusal(HttpProblem.INVALID_FRAMING);
      }
      MessageRules.checkCodings(fields.getAll(HttpHeaderNames.TRANSFER_ENCODING));
      return RequestHead.UNKNOWN_LENGTH;
    }
    if (declared == null) {
      return 0;
    }
    if (fields.getAll(HttpHeaderNames.CONTENT_LENGTH).size() > 1) {
      throw new HttpRefusal(HttpProblem.INVALID_FRAMING);
    }
    return RequestFields.contentLength(declared);
  }

  private static boolean expectsContinue(HeadParser.Head head) throws HttpRefusal {
    // A client that speaks HTTP/1.0 would take the word for the answer.
    return head.fields().contains(HttpHeaderNames.EXPECT)
        && RequestFields.expectsContinue(head.fields().getAll(HttpHeaderNames.EXPECT))
        && !head.http10();
  }
}
