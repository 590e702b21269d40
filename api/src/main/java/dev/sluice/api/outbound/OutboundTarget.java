// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.outbound;

import io.netty.util.NetUtil;
import java.util.regex.Pattern;

/**
 * Whom to connect to.
 *
 * @param host a host name, or an IPv4 or IPv6 address without brackets. A name is in ASCII, see
 *     {@link java.net.IDN#toASCII(String)}
 * @param port 1 to 65535
 */
public record OutboundTarget(String host, int port) {

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-][A-Za-z0-9_.-]{0,252}");

  private static final int LARGEST_PORT = 65_535;

  /**
   * Checks the form of both; whether the host exists shows when connecting.
   *
   * @param host as above
   * @param port as above
   * @throws IllegalArgumentException if one of them has another form
   */
  public OutboundTarget {
    if (!NAME.matcher(host).matches() && !isAddress(host)) {
      throw new IllegalArgumentException(
          "'" + host + "' is neither a host name nor an IP address without brackets");
    }
    if (port < 1 || port > LARGEST_PORT) {
      throw new IllegalArgumentException("port " + port + " is not from 1 to " + LARGEST_PORT);
    }
  }

  /**
   * Reads host and port.
   *
   * @param text such as {@code example.org:8443}, {@code 127.0.0.1:8443} or {@code [::1]:8443}
   * @return the target
   * @throws IllegalArgumentException if the text has another form
   */
  public static OutboundTarget parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("'" + text + "' is not host:port");
    }
    String host = text.substring(0, colon);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    if (!bracketed && host.indexOf(':') >= 0) {
      throw new IllegalArgumentException("an IPv6 address goes in brackets: '" + text + "'");
    }
    try {
      int port = Integer.parseInt(text.substring(colon + 1));
      return new OutboundTarget(bracketed ? host.substring(1, host.length() - 1) : host, port);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("'" + text + "' has no port", e);
    }
  }

  /**
   * Whether the host is an address, so that there is no name to look up.
   *
   * @return {@code false} for a name
   */
  public boolean isAddress() {
    return isAddress(host);
  }

  private static boolean isAddress(String host) {
    return NetUtil.isValidIpV4Address(host)
        || (!host.startsWith("[") && NetUtil.isValidIpV6Address(host));
  }

  /** As {@link #parse} reads it. */
  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
