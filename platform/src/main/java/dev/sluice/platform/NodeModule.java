// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import dev.sluice.platform.config.Allocator;
import dev.sluice.platform.config.NodeConfiguration;
import dev.sluice.transport.epoll.EpollTransport;
import dev.sluice.transport.epoll.TransportOptions;
import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import jakarta.inject.Singleton;

/** Wires what a node is made of from its plan. */
final class NodeModule extends AbstractModule {

  private final NodePlan plan;

  NodeModule(NodePlan plan) {
    this.plan = plan;
  }

  @Override
  protected void configure() {
    binder().requireExplicitBindings();
    bind(NodePlan.class).toInstance(plan);
    bind(RpcConnectionManager.class);
  }

  @Provides
  @Singleton
  EpollTransport transport(NodePlan wired) {
    NodeConfiguration config = wired.config();
    return new EpollTransport(
        new TransportOptions(
                config.eventLoopThreadCount(),
                config.workerThreads(),
                config.inboundQueueLimit().bytes(),
                config.inboundConnectionLimit().toIntSaturated(),
                config.outboundQueueLimit().bytes(),
                config.requestTimeout(),
                config.allocator() == Allocator.POOLED
                    ? PooledByteBufAllocator.DEFAULT
                    : new AdaptiveByteBufAllocator())
            .withCloseRecords(config.closeRecords()));
  }
}
