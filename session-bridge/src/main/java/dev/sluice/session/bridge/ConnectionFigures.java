// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

/**
 * What views and records tell of a connection. Any thread; elsewhere than on the loop it may be a
 * little old.
 */
interface ConnectionFigures {

  ConnectionState state();

  /** Plaintext. */
  long bytesIn();

  /** Plaintext that the kernel took. */
  long bytesOut();

  /** What the session has written and the kernel has not taken, and what it keeps itself. */
  long queuedOut();

  /** What the session has not finished with: queued for it, or held. */
  long waitingIn();

  boolean readsPaused();
}
