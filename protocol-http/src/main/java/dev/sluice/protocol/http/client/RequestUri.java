// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.outbound.OutboundTarget;
import java.net.URI;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A resource of {@code http} or {@code https}, taken apart into what a request needs. Its fragment
 * is never sent, and is left out.
 *
 * @param secure whether the scheme is {@code https}
 * @param authority host and port as a request names them: in lower case, without the scheme's own
 *     port
 * @param target whom to connect to
 * @param pathAndQuery percent-encoded, with a slash in front
 */
record RequestUri(boolean secure, String authority, OutboundTarget target, String pathAndQuery) {

  private static final int HTTPS = 443;
  private static final int HTTP = 80;

  /** RFC 3986, appendix B, without the fragment: scheme, authority, path, query. */
  private static final Pattern PARTS =
      Pattern.compile("(?:([^:/?#]+):)?(?://([^/?#]*))?([^?#]*)(?:\\?([^#]*))?(?:#.*)?");

  /** What browsers send encoded when somebody has written it as it is. */
  private static final String ENCODED = " \"<>\\^`{}";

  private static final String DIGITS = "0123456789ABCDEF";

  /**
   * What a caller has given.
   *
   * @throws IllegalArgumentException if it is no {@code http} or {@code https} URI with a host, has
   *     user information, or a character beyond ASCII
   */
  static RequestUri of(URI uri) {
    String text = uri.toString();
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > 0x7e) {
        throw new IllegalArgumentException(
            "a URI is in ASCII: its host as IDN.toASCII has it, the rest percent-encoded");
      }
    }
    Matcher parts = PARTS.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException("no URI of a request: '" + text + "'");
    }
    return of(parts.group(1), parts.group(2), parts.group(3), parts.group(4));
  }

  private static RequestUri of(
      @Nullable String scheme, @Nullable String authority, String path, @Nullable String query) {
    boolean secure = "https".equalsIgnoreCase(scheme);
    if (!secure && !"http".equalsIgnoreCase(scheme)) {
      throw new IllegalArgumentException("a request's URI begins with http: or https:");
    }
    if (authority == null || authority.isEmpty()) {
      throw new IllegalArgumentException("a request's URI has a host");
    }
    if (authority.indexOf('@') >= 0) {
      // Not repeated in the message: it may be a password.
      throw new IllegalArgumentException(
          "a request's URI has no user information (RFC 9110, section 4.2.4)");
    }
    OutboundTarget target = target(authority.toLowerCase(Locale.ROOT), secure ? HTTPS : HTTP);
    return new RequestUri(
        secure,
        HttpClientSettings.authority(target.host(), target.port(), secure),
        target,
        pathAndQuery(path, query));
  }

  private static OutboundTarget target(String authority, int port) {
    int colon = authority.lastIndexOf(':');
    boolean none = colon < authority.lastIndexOf(']') || colon < 0;
    String host = none ? authority : authority.substring(0, colon);
    // The port may be empty (RFC 3986, section 3.2.3).
    boolean said = !none && colon + 1 < authority.length();
    return OutboundTarget.parse(host + ":" + (said ? authority.substring(colon + 1) : port));
  }

  private static String pathAndQuery(String path, @Nullable String query) {
    String from = path.isEmpty() ? "/" : path;
    return query == null ? from : from + "?" + query;
  }

  /**
   * The resource that a request to a target alone asks for.
   *
   * @param authority as the request names it
   * @param pathAndQuery with a slash in front
   * @return null: the authority has another form than a URI's
   */
  static @Nullable RequestUri of(boolean secure, String authority, String pathAndQuery) {
    try {
      return of(secure ? "https" : "http", authority, pathAndQuery, null);
    } catch (IllegalArgumentException otherForm) {
      return null;
    }
  }

  /** Whether two resources are of one origin (RFC 9110, section 4.3.1). */
  boolean sameOrigin(RequestUri other) {
    return secure == other.secure && authority.equals(other.authority);
  }

  /** As people write it. */
  URI toUri() {
    return URI.create((secure ? "https://" : "http://") + authority + encoded(pathAndQuery, "|[]"));
  }

  /**
   * Follows a reference (RFC 3986, section 5.2), as servers send it in {@code location}.
   *
   * @return null: it leads to no resource that a request may ask for
   */
  @Nullable RequestUri resolve(String reference) {
    Matcher parts = PARTS.matcher(encoded(reference, ""));
    if (!parts.matches()) {
      return null;
    }
    String scheme = parts.group(1);
    String named = parts.group(2);
    String path = parts.group(3);
    String query = parts.group(4);
    int mark = pathAndQuery.indexOf('?');
    String own = mark < 0 ? pathAndQuery : pathAndQuery.substring(0, mark);
    if (scheme == null && named == null) {
      if (path.isEmpty()) {
        path = own;
        query = query == null && mark >= 0 ? pathAndQuery.substring(mark + 1) : query;
      } else if (!path.startsWith("/")) {
        path = own.substring(0, own.lastIndexOf('/') + 1) + path;
      }
    }
    try {
      return of(
          scheme == null ? (secure ? "https" : "http") : scheme,
          scheme == null && named == null ? authority : named,
          withoutDots(path),
          query);
    } catch (IllegalArgumentException noResource) {
      return null;
    }
  }

  /** RFC 3986, section 5.2.4. */
  private static String withoutDots(String path) {
    if (!path.contains("/.")) {
      return path;
    }
    StringBuilder out = new StringBuilder(path.length());
    int at = 0;
    while (at < path.length()) {
      int next = path.indexOf('/', at + 1);
      int end = next < 0 ? path.length() : next;
      String segment = path.substring(at, end);
      boolean up = segment.equals("/..");
      if (up) {
        out.setLength(Math.max(0, out.lastIndexOf("/")));
      }
      if (!up && !segment.equals("/.")) {
        out.append(segment);
      } else if (end == path.length()) {
        out.append('/');
      }
      at = end;
    }
    return out.toString();
  }

  /** A field's value has a byte in a character, as it came. */
  private static String encoded(String text, String more) {
    StringBuilder out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean stray = c == '%' && !(isHex(text, i + 1) && isHex(text, i + 2));
      if (stray || c < ' ' || c > 0x7e || ENCODED.indexOf(c) >= 0 || more.indexOf(c) >= 0) {
        out.append('%').append(DIGITS.charAt(c >> 4 & 0xf)).append(DIGITS.charAt(c & 0xf));
      } else {
        out.append(c);
      }
    }
    return out.toString();
  }

  private static boolean isHex(String text, int at) {
    return at < text.length() && Character.digit(text.charAt(at), 16) >= 0;
  }
}
