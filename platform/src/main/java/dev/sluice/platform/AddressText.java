// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Addresses in the one form that logs, files and people see. */
public final class AddressText {

  private AddressText() {}

  /**
   * Host and port; the host numeric where it is known, so that no reader has to look a name up.
   *
   * @param address a socket address
   * @return such as {@code 127.0.0.1:8443} or {@code [::1]:8443}
   */
  public static String of(InetSocketAddress address) {
    InetAddress resolved = address.getAddress();
    String host = resolved == null ? address.getHostString() : resolved.getHostAddress();
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
  }
}
