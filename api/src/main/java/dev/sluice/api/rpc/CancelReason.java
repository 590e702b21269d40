// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.rpc;

/** Why a request, or the rest of its answer, came to nothing. */
public enum CancelReason {
  /** The client broke it off, or its connection has ended. */
  CLIENT_GONE,
  /**
   * The answer had not begun in time, and the node has sent one of its own; or nothing of the
   * request and its answer has moved for longer than {@link RequestLimits#withIdleTimeout} allows.
   */
  TIMEOUT,
  /** What the client sent broke the protocol or a limit; the node has answered that if it could. */
  BAD_REQUEST,
  /**
   * The body of the answer is not wanted, to {@code HEAD} or with status 304 for instance; its head
   * was sent. Only for answers that are streamed.
   */
  NO_BODY,
  /** The handler failed, or broke its own answer off. */
  HANDLER_FAILED
}
