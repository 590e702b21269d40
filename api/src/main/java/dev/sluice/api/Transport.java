// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

/** What carries a session's bytes. */
public enum Transport {
  /** A stream, with or without TLS: bytes in order, split anywhere. */
  TCP,
  /** Datagrams, one session a peer address: each whole, in any order, or lost. */
  UDP
}
