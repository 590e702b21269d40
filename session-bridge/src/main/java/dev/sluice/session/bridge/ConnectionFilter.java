// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import io.netty.util.NetUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which connections somebody wants to see.
 *
 * @param interfaceName only those of this interface
 * @param remotePrefix only those whose peer's address, written as {@code 127.0.0.1:4711} or {@code
 *     [2001:db8::1]:4711}, begins so; the bracket may be left out
 */
public record ConnectionFilter(Optional<String> interfaceName, Optional<String> remotePrefix) {

  /** Every connection. */
  public static final ConnectionFilter ALL =
      new ConnectionFilter(Optional.empty(), Optional.empty());

  /**
   * Those of one interface.
   *
   * @param name the interface
   * @return a filter
   */
  public static ConnectionFilter ofInterface(String name) {
    return new ConnectionFilter(Optional.of(name), Optional.empty());
  }

  boolean matches(SessionBridge connection) {
    return matches(connection.options().name(), connection.remoteAddress());
  }

  boolean matches(String ofInterface, @Nullable SocketAddress ofPeer) {
    if (interfaceName.isPresent() && !interfaceName.get().equals(ofInterface)) {
      return false;
    }
    if (remotePrefix.isEmpty()) {
      return true;
    }
    String prefix = remotePrefix.get();
    String remote = text(ofPeer);
    return remote != null
        && (remote.startsWith(prefix) || (remote.startsWith("[") && remote.startsWith(prefix, 1)));
  }

  /** An address as people write it, IPv6 shortened; null where there is none. */
  static @Nullable String text(@Nullable SocketAddress address) {
    return address instanceof InetSocketAddress inet
        ? NetUtil.toSocketAddressString(inet)
        : address == null ? null : address.toString();
  }
}
