// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.ByteSize;
import dev.sluice.api.SessionContext;
import dev.sluice.api.outbound.OutboundOptions;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What a connection goes by as an HTTP client, given as the {@link OutboundOptions#settings} of its
 * attempt.
 *
 * @param authority whose resources are asked for where a request does not say; null for the address
 *     that was connected to
 * @param maxPipelined how many requests an HTTP/1.1 connection has under way at once; 1, which is
 *     the default, sends a request when the response before it has ended (RFC 9112, section 9.3.2)
 * @param maxHeaderSize of a response's fields together; 32 KB by default
 * @param maxHeadersCount of a response; 256 by default
 * @param initialWindowSize bytes of a response that an HTTP/2 peer may send ahead; 256 KB by
 *     default
 * @param maxControlFrames that carry nothing and an HTTP/2 peer may send in a row; what it sends
 *     and is sent beside them, and time, a tenth a second, give it more; 1000 by default
 */
public record HttpClientSettings(
    @Nullable String authority,
    int maxPipelined,
    ByteSize maxHeaderSize,
    int maxHeadersCount,
    ByteSize initialWindowSize,
    int maxControlFrames) {

  private static final int HTTPS = 443;
  private static final int HTTP = 80;

  /** What holds where none are given. */
  public static final HttpClientSettings DEFAULTS =
      new HttpClientSettings(null, 1, new ByteSize(32 << 10), 256, new ByteSize(256 << 10), 1000);

  /**
   * Checks them.
   *
   * @param authority as above
   * @param maxPipelined as above
   * @param maxHeaderSize as above
   * @param maxHeadersCount as above
   * @param initialWindowSize 1 KB or more
   * @param maxControlFrames 10 or more
   * @throws IllegalArgumentException if one is out of its bounds
   */
  public HttpClientSettings {
    if (authority != null && !HttpClientRequest.isAuthority(authority)) {
      throw new IllegalArgumentException("no authority: '" + authority + "'");
    }
    if (maxPipelined < 1 || maxHeadersCount < 1 || maxHeaderSize.bytes() < 1) {
      throw new IllegalArgumentException("a limit below 1");
    }
    if (initialWindowSize.bytes() < 1024 || initialWindowSize.bytes() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("a window of " + initialWindowSize);
    }
    if (maxControlFrames < 10) {
      throw new IllegalArgumentException("no more than " + maxControlFrames + " control frames");
    }
  }

  /**
   * The same with another authority.
   *
   * @param hostAndPort for requests that do not say
   * @return a copy
   */
  public HttpClientSettings withAuthority(String hostAndPort) {
    return new HttpClientSettings(
        hostAndPort,
        maxPipelined,
        maxHeaderSize,
        maxHeadersCount,
        initialWindowSize,
        maxControlFrames);
  }

  /**
   * The same with another bound of requests on an HTTP/1.1 connection.
   *
   * @param requests 1 or more
   * @return a copy
   */
  public HttpClientSettings withMaxPipelined(int requests) {
    return new HttpClientSettings(
        authority, requests, maxHeaderSize, maxHeadersCount, initialWindowSize, maxControlFrames);
  }

  /**
   * The same with another bound of frames that carry nothing, on an HTTP/2 connection.
   *
   * @param frames 10 or more
   * @return a copy
   */
  public HttpClientSettings withMaxControlFrames(int frames) {
    return new HttpClientSettings(
        authority, maxPipelined, maxHeaderSize, maxHeadersCount, initialWindowSize, frames);
  }

  /**
   * What a connection was opened with.
   *
   * @param context the connection's
   * @return its settings if they are of this kind; the defaults else; the authority is always there
   */
  public static HttpClientSettings of(SessionContext context) {
    HttpClientSettings given;
    try {
      given = context.settings(HttpClientSettings.class);
    } catch (IllegalArgumentException othersOrNone) {
      given = DEFAULTS;
    }
    return given.authority == null ? given.withAuthority(address(context)) : given;
  }

  private static String address(SessionContext context) {
    if (!(context.remoteAddress() instanceof InetSocketAddress to)) {
      return "localhost";
    }
    return authority(to.getHostString(), to.getPort(), context.secure());
  }

  /** Without the port that the scheme has anyway (RFC 9110, section 4.2). */
  static String authority(String host, int port, boolean secure) {
    String name = host.indexOf(':') >= 0 ? "[" + withoutZone(host) + "]" : host;
    return port == (secure ? HTTPS : HTTP) ? name : name + ":" + port;
  }

  private static String withoutZone(String address) {
    int zone = address.indexOf('%');
    return zone < 0 ? address : address.substring(0, zone);
  }
}
