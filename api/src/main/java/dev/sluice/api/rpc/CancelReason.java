// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.rpc;

/** Why a request came to nothing. */
public enum CancelReason {
  /** The client broke it off, or its connection has ended. */
  CLIENT_GONE,
  /** The answer had not begun in time; the node has sent one of its own. */
  TIMEOUT,
  /** What the client sent broke the protocol or a limit; the node has answered that if it could. */
  BAD_REQUEST,
  /** The handler failed, or broke its own answer off. */
  HANDLER_FAILED
}
