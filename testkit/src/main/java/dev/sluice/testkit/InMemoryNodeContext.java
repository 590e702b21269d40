// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.Execution;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.rpc.ApplicationContext;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What a protocol or an application as a whole is given in memory: its workers are those of a
 * {@link DeterministicExecutor}.
 *
 * @param nodeVersion any text
 * @param workers runs what a protocol hands to the node's threads
 * @param outbound opens connections
 * @param given an application's settings; null: it has none
 */
public record InMemoryNodeContext(
    String nodeVersion, Executor workers, OutboundConnector outbound, @Nullable Record given)
    implements ApplicationContext {

  /**
   * A node that opens no connections, for what has no settings.
   *
   * @param nodeVersion any text
   * @param workers runs what a protocol hands to the node's threads
   */
  public InMemoryNodeContext(String nodeVersion, Executor workers) {
    this(
        nodeVersion,
        workers,
        OutboundConnector.unsupported("this node in memory opens no connections"),
        null);
  }

  /**
   * A node that runs on the given executor.
   *
   * @param executor the one that the connections use too
   */
  public InMemoryNodeContext(DeterministicExecutor executor) {
    this("testkit", executor.workers());
  }

  /**
   * The same node for an application that has settings.
   *
   * @param settings of the type that the application declares
   * @return a copy
   */
  public InMemoryNodeContext withSettings(Record settings) {
    return new InMemoryNodeContext(nodeVersion, workers, outbound, settings);
  }

  @Override
  public <T extends Record> T settings(Class<T> type) {
    if (!type.isInstance(given)) {
      throw new IllegalArgumentException("no settings of " + type.getName() + " here");
    }
    return type.cast(given);
  }

  @Override
  public Executor executor(Execution execution) {
    if (execution == Execution.EVENT_LOOP) {
      throw new IllegalArgumentException("event loops belong to connections");
    }
    return workers;
  }

  @Override
  public ByteBufAllocator allocator() {
    return UnpooledByteBufAllocator.DEFAULT;
  }
}
