// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.protocol.http.FieldBlock;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.HttpRefusal;
import dev.sluice.protocol.http.Methods;
import dev.sluice.protocol.http.RequestFields;
import dev.sluice.protocol.http.RequestHead;
import dev.sluice.protocol.http.RequestTarget;
import dev.sluice.protocol.http.Schemes;

/** Judges heads that are well-formed: what they ask for, and whether that can be done. */
final class RequestRules {

  static final String HTTP_1_0 = "HTTP/1.0";
  private static final String HTTP_1_1 = "HTTP/1.1";

  /** Longer ones are not kept for a connection that does nothing. */
  private static final int LONGEST_KEPT_HOST = 64;

  private final HttpConfiguration limits;
  private final boolean secure;

  /** Of the request before and valid: those of a connection have the same one as a rule. */
  private String lastHost = "";

  /**
   * For one connection.
   *
   * @param secure whether it is under TLS
   */
  RequestRules(HttpConfiguration limits, boolean secure) {
    this.limits = limits;
    this.secure = secure;
  }

  RequestHead judge(String method, String target, boolean http10, FieldBlock fields)
      throws HttpRefusal {
    String host = host(http10, fields);
    Methods.check(method);
    RequestTarget asked = RequestTarget.parse(method, target);
    if (asked.scheme() != null) {
      Schemes.check(asked.scheme(), secure, limits);
    }
    long length = length(http10, fields);
    if (length > limits.maxBodySize().bytes()) {
      throw new HttpRefusal(HttpProblem.BODY_TOO_LARGE);
    }
    return new RequestHead(
        http10 ? HTTP_1_0 : HTTP_1_1,
        method,
        // RFC 9112, section 3.2.2: the authority of an absolute form stands in for the Host field.
        asked.authority() == null ? host : asked.authority(),
        asked.path(),
        asked.query(),
        fields,
        length,
        expectsContinue(http10, fields),
        MessageRules.keepAlive(fields, http10));
  }

  /** RFC 9112, section 3.2: exactly one and a valid one; HTTP/1.0 may do without. */
  private String host(boolean http10, FieldBlock fields) throws HttpRefusal {
    int index = fields.find("host", 0);
    if (index < 0) {
      if (http10) {
        return "";
      }
      throw new HttpRefusal(HttpProblem.INVALID_HOST);
    }
    boolean twice = fields.find("host", index + 1) >= 0;
    if (!twice && !lastHost.isEmpty() && fields.hasValue(index, lastHost)) {
      return lastHost;
    }
    String host = fields.value(index);
    if (twice || !RequestTarget.isAuthority(host)) {
      throw new HttpRefusal(HttpProblem.INVALID_HOST);
    }
    if (host.length() <= LONGEST_KEPT_HOST) {
      lastHost = host;
    }
    return host;
  }

  /** RFC 9112, section 6.3. */
  private static long length(boolean http10, FieldBlock fields) throws HttpRefusal {
    int declared = fields.find("content-length", 0);
    if (fields.contains("transfer-encoding")) {
      // Section 6.1: both at once, and codings towards HTTP/1.0, are how requests are smuggled.
      if (declared >= 0 || http10) {
        throw new HttpRefusal(HttpProblem.INVALID_FRAMING);
      }
      MessageRules.checkCodings(fields.all("transfer-encoding"));
      return RequestHead.UNKNOWN_LENGTH;
    }
    if (declared < 0) {
      return 0;
    }
    if (fields.find("content-length", declared + 1) >= 0) {
      throw new HttpRefusal(HttpProblem.INVALID_FRAMING);
    }
    return RequestFields.contentLength(fields.value(declared));
  }

  private static boolean expectsContinue(boolean http10, FieldBlock fields) throws HttpRefusal {
    // A client that speaks HTTP/1.0 would take the word for the answer.
    return fields.contains("expect")
        && RequestFields.expectsContinue(fields.all("expect"))
        && !http10;
  }
}
