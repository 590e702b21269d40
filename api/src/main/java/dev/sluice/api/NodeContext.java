// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

import dev.sluice.api.outbound.OutboundConnector;
import io.netty.buffer.ByteBufAllocator;
import java.util.concurrent.Executor;

/** What the node offers to a protocol as a whole. Every method may be called from any thread. */
public interface NodeContext {

  /**
   * The node's version.
   *
   * @return for greetings and logs
   */
  String nodeVersion();

  /**
   * The node's threads of a kind, for work that belongs to no session. Their order is their own:
   * come back into a session by {@link SessionContext#execute}.
   *
   * @param execution {@link Execution#WORKERS} or {@link Execution#VIRTUAL_THREADS}: work that may
   *     block
   * @return refuses tasks once the node has stopped
   * @throws IllegalArgumentException for {@link Execution#EVENT_LOOP}: a loop belongs to
   *     connections, see {@link SessionContext#executor()}
   */
  Executor executor(Execution execution);

  /**
   * The node's pool of worker threads, as {@link #executor} has it.
   *
   * @return refuses tasks once the node has stopped
   */
  default Executor workers() {
    return executor(Execution.WORKERS);
  }

  /**
   * The node's allocator.
   *
   * @return for buffers that belong to no connection yet
   */
  ByteBufAllocator allocator();

  /**
   * Opens connections as a client, spread over the node's event loops. For those that belong to no
   * session; see {@link SessionContext#outbound()} for the others.
   *
   * @return the same always
   */
  default OutboundConnector outbound() {
    return OutboundConnector.unsupported("nothing is connected to from here");
  }
}
