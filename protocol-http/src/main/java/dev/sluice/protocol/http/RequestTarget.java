// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where a request is sent, in one of its forms (RFC 9112, section 3.2).
 *
 * @param scheme of an absolute form, in lower case; null elsewhere
 * @param authority of an absolute form; null elsewhere
 * @param path starts with a slash, or is {@code *}
 * @param query without its question mark
 */
public record RequestTarget(
    @Nullable String scheme, @Nullable String authority, String path, @Nullable String query) {

  private static final int LARGEST_PORT = 65_535;
  private static final int HTTP_PORT = 80;
  private static final int HTTPS_PORT = 443;

  private static final String ASTERISK = "*";

  /**
   * Reads a target in origin form, the only one beside the asterisk that HTTP/2 and later have (RFC
   * 9113, section 8.3.1).
   *
   * @param method in upper case
   * @param target the path with its query
   * @return without an authority
   * @throws HttpRefusal {@link HttpProblem#INVALID_TARGET}
   */
  public static RequestTarget origin(String method, String target) throws HttpRefusal {
    if (target.startsWith("/")) {
      return of(null, null, target);
    }
    if (target.equals(ASTERISK) && method.equals("OPTIONS")) {
      return new RequestTarget(null, null, ASTERISK, null);
    }
    throw new HttpRefusal(HttpProblem.INVALID_TARGET);
  }

  /**
   * Reads a target in any of HTTP/1.1's forms but the authority form.
   *
   * @param method in upper case
   * @param target as it stands in the request line
   * @return with the authority of an absolute form
   * @throws HttpRefusal {@link HttpProblem#INVALID_TARGET}
   */
  public static RequestTarget parse(String method, String target) throws HttpRefusal {
    if (target.startsWith("/") || target.equals(ASTERISK)) {
      return origin(method, target);
    }
    String lower = target.length() < 8 ? "" : target.substring(0, 8).toLowerCase(Locale.ROOT);
    String scheme = lower.startsWith("http://") ? "http" : lower.equals("https://") ? "https" : "";
    if (scheme.isEmpty()) {
      throw new HttpRefusal(HttpProblem.INVALID_TARGET);
    }
    int begin = scheme.length() + "://".length();
    int end = begin;
    while (end < target.length() && target.charAt(end) != '/' && target.charAt(end) != '?') {
      end++;
    }
    String authority = target.substring(begin, end);
    if (!isAuthority(authority)) {
      throw new HttpRefusal(HttpProblem.INVALID_TARGET);
    }
    String rest = target.substring(end);
    if (rest.isEmpty() && method.equals("OPTIONS")) {
      // RFC 9112, section 3.2.4: what a proxy would have made of it.
      return new RequestTarget(scheme, authority, ASTERISK, null);
    }
    return of(scheme, authority, rest.startsWith("/") ? rest : "/" + rest);
  }

  private static RequestTarget of(
      @Nullable String scheme, @Nullable String authority, String pathAndQuery) throws HttpRefusal {
    int mark = pathAndQuery.indexOf('?');
    String path = mark < 0 ? pathAndQuery : pathAndQuery.substring(0, mark);
    String query = mark < 0 ? null : pathAndQuery.substring(mark + 1);
    if (!Octets.isPath(path) || (query != null && !Octets.isQuery(query))) {
      throw new HttpRefusal(HttpProblem.INVALID_TARGET);
    }
    return new RequestTarget(scheme, authority, path, query);
  }

  /**
   * A host and perhaps a port (RFC 9110, section 7.2); no user, which section 4.2.4 warns of.
   *
   * @param text any
   * @return whether it can be one
   */
  public static boolean isAuthority(String text) {
    if (text.startsWith("[")) {
      int end = text.indexOf(']');
      return end > 2 && isAddress(text.substring(1, end)) && isPort(text.substring(end + 1));
    }
    int colon = text.indexOf(':');
    String host = colon < 0 ? text : text.substring(0, colon);
    // Section 4.2.1: an empty host must be refused.
    return !host.isEmpty()
        && Octets.isHostName(host)
        && isPort(colon < 0 ? "" : text.substring(colon));
  }

  /**
   * Whether two authorities are the same: case makes no difference, nor a default port that is left
   * out (RFC 9110, section 4.2.3).
   *
   * @param one valid
   * @param other valid
   * @param secure whether the default port is that of https, 443, or else 80
   * @return {@code true} also for {@code localhost:80} and {@code localhost} without TLS
   */
  public static boolean sameAuthority(String one, String other, boolean secure) {
    return one.equalsIgnoreCase(other)
        || withoutDefaultPort(one, secure).equalsIgnoreCase(withoutDefaultPort(other, secure));
  }

  private static String withoutDefaultPort(String authority, boolean secure) {
    int colon = authority.lastIndexOf(':');
    if (colon < authority.lastIndexOf(']') || colon < 0) {
      return authority;
    }
    String port = authority.substring(colon + 1);
    boolean left = port.isEmpty() || Integer.parseInt(port) == (secure ? HTTPS_PORT : HTTP_PORT);
    return left ? authority.substring(0, colon) : authority;
  }

  /** As far as its characters go: nobody connects to it. */
  private static boolean isAddress(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((Character.digit(c, 16) < 0 && c != ':' && c != '.') || c > 0x7f) {
        return false;
      }
    }
    return text.indexOf(':') >= 0;
  }

  /** Empty, or a colon and a number, which may be missing (RFC 3986, section 3.2.3). */
  private static boolean isPort(String text) {
    if (text.isEmpty()) {
      return true;
    }
    if (text.charAt(0) != ':' || text.length() > 6) {
      return false;
    }
    int port = 0;
    for (int i = 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < '0' || c > '9') {
        return false;
      }
      port = port * 10 + c - '0';
    }
    return port <= LARGEST_PORT;
  }
}
