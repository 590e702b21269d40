// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.operator;

import java.util.List;

/**
 * An interface as an operator sees it.
 *
 * @param name as in the configuration
 * @param transport {@code tcp} or {@code udp}
 * @param address where it is bound, port 0 resolved
 * @param protocols what it serves, by name
 * @param handlers the applications that answer there
 * @param certificates by name, the default first; empty without TLS
 * @param clientAuthentication {@code none}, {@code request} or {@code require}
 * @param listening {@code false}: it waits for a certificate, or has closed
 */
public record OperatedInterface(
    String name,
    String transport,
    String address,
    List<String> protocols,
    List<String> handlers,
    List<String> certificates,
    String clientAuthentication,
    boolean listening) {

  /** Copies the lists. */
  public OperatedInterface {
    protocols = List.copyOf(protocols);
    handlers = List.copyOf(handlers);
    certificates = List.copyOf(certificates);
  }
}
