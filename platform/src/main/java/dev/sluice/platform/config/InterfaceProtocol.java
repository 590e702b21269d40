// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

/** What an interface carries its connections on. */
public enum InterfaceProtocol {
  /** Streams, with or without TLS. */
  TCP,
  /** Datagrams, a session for each peer address. */
  UDP
}
