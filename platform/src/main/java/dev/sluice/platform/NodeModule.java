// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import com.google.inject.AbstractModule;
import com.google.inject.Provides;
import dev.sluice.platform.config.Allocator;
import dev.sluice.platform.config.NodeConfiguration;
import dev.sluice.transport.epoll.EpollTransport;
import dev.sluice.transport.epoll.TransportOptions;
import io.netty.buffer.AdaptiveByteBufAllocator;
import io.netty.buffer.ByteBufAllocator;
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
  ByteBufAllocator allocator(NodePlan wired) {
    return wired.config().allocator() == Allocator.POOLED
        ? PooledByteBufAllocator.DEFAULT
        : new AdaptiveByteBufAllocator();
  }

  @Provides
  @Singleton
  TransportOptions options(NodePlan wired, ByteBufAllocator allocator) {
    NodeConfiguration config = wired.config();
    return new TransportOptions(
            config.eventLoopThreadCount(),
            config.workerThreads(),
            config.inboundQueueLimit().bytes(),
            config.inboundConnectionLimit().toIntSaturated(),
            config.outboundQueueLimit().bytes(),
            config.requestTimeout(),
            allocator)
        .withCloseRecords(config.closeRecords());
  }

  @Provides
  @Singleton
  EpollTransport transport(TransportOptions options) {
    return new EpollTransport(options);
  }
}
