// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.NodeContext;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.concurrent.Executor;

/**
 * What a protocol as a whole is given in memory: its workers are a {@link DeterministicExecutor}.
 *
 * @param nodeVersion any text
 * @param workers runs what a protocol hands to the node's workers
 */
public record InMemoryNodeContext(String nodeVersion, Executor workers) implements NodeContext {

  /**
   * A node that runs on the given executor.
   *
   * @param executor the one that the connections use too
   */
  public InMemoryNodeContext(DeterministicExecutor executor) {
    this("testkit", executor);
  }

  @Override
  public ByteBufAllocator allocator() {
    return UnpooledByteBufAllocator.DEFAULT;
  }
}
