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
   * The node's pool of worker threads, for work that may block and belongs to no session. Its order
   * is its own: come back into a session by {@link SessionContext#execute}.
   *
   * @return refuses tasks once the node has stopped
   */
  Executor workers();

  /**
   * The node's threads of a kind, as {@link #workers()}.
   *
   * @param execution {@link Execution#WORKERS} or {@link Execution#VIRTUAL_THREADS}
   * @return refuses tasks once the node has stopped
   * @throws IllegalArgumentException for {@link Execution#EVENT_LOOP}: a loop belongs to
   *     connections, see {@link SessionContext#executor()}
   */
  default Executor executor(Execution execution) {
    if (execution == Execution.EVENT_LOOP) {
      throw new IllegalArgumentException("event loops belong to connections");
    }
    return workers();
  }

  /**
   * The node's allocator.
   *
   * @return for buffers that belong to no connection yet
   */
  ByteBufAllocator allocator();

  /**
   * An application's section under {@code applications}. A protocol has its settings by interface,
   * see {@link SessionContext#settings}.
   *
   * @param <T> the settings
   * @param type what {@link dev.sluice.api.rpc.RpcHandler#settingsType()} named
   * @return checked at start-up; the same object always
   * @throws IllegalArgumentException for another type
   */
  default <T extends Record> T settings(Class<T> type) {
    throw new IllegalArgumentException("no settings of " + type.getName() + " here");
  }

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
