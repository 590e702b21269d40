// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.ByteSize;
import dev.sluice.api.SessionContext;
import dev.sluice.api.outbound.OutboundOptions;
import dev.sluice.protocol.http.RequestTarget;
import java.net.InetSocketAddress;
import java.time.Duration;
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
 * @param maxControlFrames how many frames an HTTP/2 peer may send at once that carry nothing of a
 *     response: PING, SETTINGS, WINDOW_UPDATE and the like. They come back within 10 s, and with
 *     what goes to and fro; one more ends the connection. 1000 by default
 * @param checkAfter how long an HTTP/2 peer may have been silent before it is asked by a PING, when
 *     the next request comes, whether it is still there; 10 s by default
 * @param checkTimeout how long it may be silent behind that PING, or one behind a request that has
 *     timed out, before its connection is closed; 5 s by default
 */
public record HttpClientSettings(
    @Nullable String authority,
    int maxPipelined,
    ByteSize maxHeaderSize,
    int maxHeadersCount,
    ByteSize initialWindowSize,
    int maxControlFrames,
    Duration checkAfter,
    Duration checkTimeout) {

  private static final int MAX_CONTROL_FRAMES = 1000;
  private static final int LEAST_CONTROL_FRAMES = 10;
  private static final Duration CHECK_AFTER = Duration.ofSeconds(10);
  private static final Duration CHECK_TIMEOUT = Duration.ofSeconds(5);
  private static final int HTTPS = 443;
  private static final int HTTP = 80;

  /** What holds where none are given. */
  public static final HttpClientSettings DEFAULTS =
      new HttpClientSettings(null, 1, new ByteSize(32 << 10), 256, new ByteSize(256 << 10));

  /**
   * Checks them.
   *
   * @param authority as above
   * @param maxPipelined as above
   * @param maxHeaderSize as above
   * @param maxHeadersCount as above
   * @param initialWindowSize 1 KB or more
   * @param maxControlFrames 10 or more
   * @param checkAfter as above
   * @param checkTimeout as above
   * @throws IllegalArgumentException if one is out of its bounds
   */
  public HttpClientSettings {
    if (authority != null && !RequestTarget.isAuthority(authority)) {
      throw new IllegalArgumentException("no authority: '" + authority + "'");
    }
    if (maxPipelined < 1
        || maxHeadersCount < 1
        || maxHeaderSize.bytes() < 1
        || maxControlFrames < LEAST_CONTROL_FRAMES) {
      throw new IllegalArgumentException("a limit below its least");
    }
    if (initialWindowSize.bytes() < 1024 || initialWindowSize.bytes() > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("a window of " + initialWindowSize);
    }
    checkAfter = RequestChecks.positive(checkAfter);
    checkTimeout = RequestChecks.positive(checkTimeout);
  }

  /**
   * With the defaults of what else there is.
   *
   * @param authority as above
   * @param maxPipelined as above
   * @param maxHeaderSize as above
   * @param maxHeadersCount as above
   * @param initialWindowSize 1 KB or more
   * @throws IllegalArgumentException if one is out of its bounds
   */
  public HttpClientSettings(
      @Nullable String authority,
      int maxPipelined,
      ByteSize maxHeaderSize,
      int maxHeadersCount,
      ByteSize initialWindowSize) {
    this(
        authority,
        maxPipelined,
        maxHeaderSize,
        maxHeadersCount,
        initialWindowSize,
        MAX_CONTROL_FRAMES,
        CHECK_AFTER,
        CHECK_TIMEOUT);
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
        maxControlFrames,
        checkAfter,
        checkTimeout);
  }

  /**
   * The same with another bound of requests on an HTTP/1.1 connection.
   *
   * @param requests 1 or more
   * @return a copy
   */
  public HttpClientSettings withMaxPipelined(int requests) {
    return new HttpClientSettings(
        authority,
        requests,
        maxHeaderSize,
        maxHeadersCount,
        initialWindowSize,
        maxControlFrames,
        checkAfter,
        checkTimeout);
  }

  /**
   * The same with another bound of an HTTP/2 peer's control frames.
   *
   * @param frames 10 or more
   * @return a copy
   */
  public HttpClientSettings withMaxControlFrames(int frames) {
    return new HttpClientSettings(
        authority,
        maxPipelined,
        maxHeaderSize,
        maxHeadersCount,
        initialWindowSize,
        frames,
        checkAfter,
        checkTimeout);
  }

  /**
   * The same with other times of the question whether an HTTP/2 peer is still there.
   *
   * @param after more than zero
   * @param timeout more than zero
   * @return a copy
   */
  public HttpClientSettings withCheck(Duration after, Duration timeout) {
    return new HttpClientSettings(
        authority,
        maxPipelined,
        maxHeaderSize,
        maxHeadersCount,
        initialWindowSize,
        maxControlFrames,
        after,
        timeout);
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
