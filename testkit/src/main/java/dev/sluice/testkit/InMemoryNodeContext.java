// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.NodeContext;
import dev.sluice.api.outbound.OutboundConnector;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.concurrent.Executor;

/**
 * What a protocol as a whole is given in memory: its workers are those of a {@link
 * DeterministicExecutor}.
 *
 * @param nodeVersion any text
 * @param workers runs what a protocol hands to the node's workers
 * @param outbound opens connections
 */
public record InMemoryNodeContext(String nodeVersion, Executor workers, OutboundConnector outbound)
    implements NodeContext {

  /**
   * A node that opens no connections.
   *
   * @param nodeVersion any text
   * @param workers runs what a protocol hands to the node's workers
   */
  public InMemoryNodeContext(String nodeVersion, Executor workers) {
    this(
        nodeVersion,
        workers,
        OutboundConnector.unsupported("this node in memory opens no connections"));
  }

  /**
   * A node that runs on the given executor.
   *
   * @param executor the one that the connections use too
   */
  public InMemoryNodeContext(DeterministicExecutor executor) {
    this("testkit", executor.workers());
  }

  @Override
  public ByteBufAllocator allocator() {
    return UnpooledByteBufAllocator.DEFAULT;
  }
}
