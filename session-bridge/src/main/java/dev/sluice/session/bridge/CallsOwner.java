// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

/**
 * Who answers for the calls and operations of a connection: the connection itself. A class and not
 * functions, of which each connection would need its own.
 */
abstract class CallsOwner {

  /** Any thread: something of the node's own, or foreign where nobody expects it, has thrown. */
  abstract void failedWithin(Throwable thrown);

  /** On the loop: the session's calls have come to rest. */
  abstract void callsRested();

  /** On the loop, behind a burst of operations from other threads. */
  abstract void flushWritten();
}
