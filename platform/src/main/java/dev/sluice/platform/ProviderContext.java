// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import dev.sluice.api.Execution;
import dev.sluice.api.NodeContext;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.transport.epoll.EpollTransport;
import io.netty.buffer.ByteBufAllocator;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** What a protocol or an application may use of the node. Any thread. */
record ProviderContext(
    EpollTransport transport, OutboundConnector outbound, @Nullable Record settings)
    implements NodeContext {

  @Override
  public <T extends Record> T settings(Class<T> type) {
    if (!type.isInstance(settings)) {
      return NodeContext.super.settings(type);
    }
    return type.cast(settings);
  }

  @Override
  public String nodeVersion() {
    return Version.CURRENT;
  }

  @Override
  public Executor workers() {
    return transport.executor(Execution.WORKERS);
  }

  @Override
  public Executor executor(Execution execution) {
    return transport.executor(execution);
  }

  @Override
  public ByteBufAllocator allocator() {
    return transport.options().allocator();
  }
}
