// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

/** How far a connection has come. */
public enum ConnectionState {
  /** Accepted; TLS is not agreed on yet. */
  HANDSHAKING,
  /** Served. */
  OPEN,
  /** A close was asked for: input is dropped, what was written still goes out. */
  CLOSING,
  /** All output is out and our side is closed; the peer's end is waited for. */
  LINGERING,
  /** The socket is gone; the session has not heard of it yet. */
  ENDED
}
