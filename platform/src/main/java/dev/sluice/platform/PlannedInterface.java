// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import dev.sluice.platform.config.RpcInterface;
import dev.sluice.platform.plugin.LoadedProtocol;
import dev.sluice.transport.epoll.InterfaceOptions;

/**
 * One interface of a plan: everything about it is known and checked, nothing is bound.
 *
 * @param config as it was read
 * @param protocol what it serves
 * @param options for the transport
 */
public record PlannedInterface(
    RpcInterface config, LoadedProtocol protocol, InterfaceOptions options) {

  /**
   * The interface's name.
   *
   * @return as in the configuration
   */
  public String name() {
    return options.name();
  }

  /**
   * For a reader: {@code tls} or {@code tcp}.
   *
   * @return how the bytes travel
   */
  public String carrier() {
    return options.tls() == null ? "tcp" : "tls";
  }
}
