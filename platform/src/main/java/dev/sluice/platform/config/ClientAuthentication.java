// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

/** What a TLS interface wants of its clients' certificates. */
public enum ClientAuthentication {
  /** Asks for none. */
  NONE,
  /** Asks, and hands whatever comes to the session unchecked. */
  REQUEST,
  /** Ends the handshake without one that {@code trusted_ca_file} vouches for. */
  REQUIRE
}
