// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What an interface listens on.
 *
 * @param host an IPv4 address, an IPv6 address without brackets, or a host name
 * @param port 0 to 65535; 0 lets the system choose
 */
public record BindAddress(String host, int port) {

  private static final Pattern DIGITS = Pattern.compile("[0-9]+");
  private static final Pattern LIKE_IPV4 = Pattern.compile("[0-9.]+");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_]([A-Za-z0-9_.-]{0,252})");

  /** Refuses a port out of range. */
  public BindAddress {
    if (port < 0 || port > 65535) {
      throw new IllegalArgumentException("no port: " + port);
    }
  }

  static @Nullable BindAddress read(String text) throws NotAllowed {
    int colon = text.lastIndexOf(':');
    boolean bracketed = text.startsWith("[");
    boolean bare = NetUtil.isValidIpV6Address(text);
    boolean bareWithPort = colon >= 0 && NetUtil.isValidIpV6Address(text.substring(0, colon));
    if (!bracketed && (bare || bareWithPort)) {
      throw new NotAllowed("an IPv6 address in brackets and quotes as in \"[::1]:8443\"");
    }
    if (colon < 0 || text.endsWith("]")) {
      throw new NotAllowed("host:port, with a port from 0 to 65535");
    }
    String host = text.substring(0, colon);
    String port = text.substring(colon + 1);
    if (host.isEmpty()) {
      throw new NotAllowed(
          "a host before the port as in 127.0.0.1:" + port + " or 0.0.0.0:" + port);
    }
    checkHost(host, bracketed);
    if (!DIGITS.matcher(port).matches() || port.length() > 5 || Integer.parseInt(port) > 65535) {
      throw new NotAllowed("a port from 0 to 65535");
    }
    return new BindAddress(
        bracketed ? host.substring(1, host.length() - 1) : host, Integer.parseInt(port));
  }

  private static void checkHost(String host, boolean bracketed) throws NotAllowed {
    if (bracketed) {
      if (!host.endsWith("]")
          || !NetUtil.isValidIpV6Address(host.substring(1, host.length() - 1))) {
        throw new NotAllowed("an IPv6 address within the brackets as in \"[::1]:8443\"");
      }
    } else if (LIKE_IPV4.matcher(host).matches()) {
      if (!NetUtil.isValidIpV4Address(host)) {
        throw new NotAllowed("an IPv4 address of four numbers from 0 to 255");
      }
    } else if (!NAME.matcher(host).matches()) {
      throw new NotAllowed("a host name, an IPv4 address, or an IPv6 address in brackets");
    }
  }

  /**
   * The address to bind; looks a host name up, which may take a while.
   *
   * @return unresolved if the name is unknown
   */
  public InetSocketAddress toSocketAddress() {
    return new InetSocketAddress(host, port);
  }

  /** Whether both would bind the same port of the same host, however that is written. */
  boolean sameAs(BindAddress other) {
    return port == other.port && canonicalHost().equals(other.canonicalHost());
  }

  private String canonicalHost() {
    byte[] bytes = NetUtil.createByteArrayFromIpAddressString(host);
    return bytes == null ? host.toLowerCase(Locale.ROOT) : NetUtil.bytesToIpAddress(bytes);
  }

  /** As it is written in the file; an IPv6 address in brackets. */
  @Override
  public String toString() {
    return (host.indexOf(':') < 0 ? host : '[' + host + ']') + ':' + port;
  }
}
