// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.session.bridge.SessionBridge;
import io.netty.buffer.ByteBuf;

/**
 * What is a transport elsewhere: the peer and the kernels between it and the engine. It turns what
 * the test does into the bridge's events and does what the bridge asks for; it decides nothing.
 * Called by the executor's tasks, but for the getters.
 */
interface InMemoryCarrier {

  SessionBridge bridge();

  /** The connection is there. */
  void begin();

  /** The peer has sent: read in one pass. */
  void arrive(byte[]... parts);

  /** Bytes from outside the session; takes the buffer over. */
  default void reply(ByteBuf data, boolean terminate) {
    bridge().endpoint().connections().reply(bridge().id(), terminate, data);
  }

  /** The peer ends its sending side. */
  void end();

  /** The peer breaks off. */
  void reset();

  /** The peer may take more than before. */
  void take();

  // ---- getters, any thread

  boolean reading();

  /** Whether the peer has seen the end of what the node sends, in whatever way. */
  boolean outputEnded();

  /** Whether that was a reset. */
  boolean brokenOff();
}
