// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

/**
 * Where the calls into a protocol's sessions run. In every mode they never overlap and keep their
 * order.
 */
public enum Execution {
  /**
   * On the connection's event loop. The fastest; a session must never block, since every other
   * connection of the loop waits for it.
   */
  EVENT_LOOP,

  /**
   * On the node's pool of worker threads, in the connection's own order. May block; costs a few
   * microseconds a burst.
   */
  WORKERS,

  /**
   * On a virtual thread a burst, in the connection's own order: any number may block. On a Java
   * runtime older than 21 this is {@link #WORKERS}.
   */
  VIRTUAL_THREADS
}
