// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.CustomProtocolSubsystem;
import dev.sluice.api.Execution;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A protocol with the answers that it gave about itself, read once so that no connection asks
 * again.
 *
 * @param name what configuration calls it
 * @param subsystem makes the sessions
 * @param execution where calls into its sessions run
 * @param speaksFirst whether a session is made before the first bytes
 * @param alpn ALPN names, the preferred one first
 * @param classLoader the context class loader of calls into the protocol
 */
public record SessionProtocol(
    String name,
    CustomProtocolSubsystem subsystem,
    Execution execution,
    boolean speaksFirst,
    List<String> alpn,
    @Nullable ClassLoader classLoader) {

  /** Copies the list. */
  public SessionProtocol {
    alpn = List.copyOf(alpn);
  }

  /**
   * Asks the protocol.
   *
   * @param subsystem the protocol
   * @return its answers
   */
  public static SessionProtocol of(CustomProtocolSubsystem subsystem) {
    return new SessionProtocol(
        Objects.requireNonNull(subsystem.name()),
        subsystem,
        subsystem.execution(),
        subsystem.speaksFirst(),
        subsystem.alpnProtocols(),
        subsystem.getClass().getClassLoader());
  }
}
