// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform;

import dev.sluice.api.Execution;
import dev.sluice.api.outbound.OutboundConnector;
import dev.sluice.api.rpc.ApplicationContext;
import dev.sluice.transport.epoll.EpollTransport;
import io.netty.buffer.ByteBufAllocator;
import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** What a protocol or an application may use of the node. Any thread. */
final class ProviderContext implements ApplicationContext {

  private final EpollTransport transport;
  private final OutboundConnector outbound;
  private final @Nullable Record settings;
  private final Executor workers;
  private final Executor virtualThreads;

  /**
   * @param classLoader the plug-in's own
   */
  ProviderContext(
      EpollTransport transport,
      OutboundConnector outbound,
      @Nullable Record settings,
      @Nullable ClassLoader classLoader) {
    this.transport = transport;
    this.outbound = outbound;
    this.settings = settings;
    this.workers = new SharedThreads(transport.executor(Execution.WORKERS), classLoader);
    this.virtualThreads =
        new SharedThreads(transport.executor(Execution.VIRTUAL_THREADS), classLoader);
  }

  @Override
  public <T extends Record> T settings(Class<T> type) {
    if (!type.isInstance(settings)) {
      throw new IllegalArgumentException("no settings of " + type.getName() + " here");
    }
    return type.cast(settings);
  }

  @Override
  public String nodeVersion() {
    return Version.CURRENT;
  }

  @Override
  public Executor executor(Execution execution) {
    return switch (execution) {
      case WORKERS -> workers;
      case VIRTUAL_THREADS -> virtualThreads;
      case EVENT_LOOP -> throw new IllegalArgumentException("event loops belong to connections");
    };
  }

  @Override
  public OutboundConnector outbound() {
    return outbound;
  }

  @Override
  public ByteBufAllocator allocator() {
    return transport.options().allocator();
  }

  /**
   * Threads that others use too: a plug-in's task finds its own classes there, and leaves nothing
   * of them behind.
   */
  private record SharedThreads(Executor threads, @Nullable ClassLoader classLoader)
      implements Executor {

    @Override
    public void execute(Runnable task) {
      Objects.requireNonNull(task);
      // A thread that is made for the task has the class loader that is set here, for its life.
      Thread caller = Thread.currentThread();
      ClassLoader before = caller.getContextClassLoader();
      caller.setContextClassLoader(ProviderContext.class.getClassLoader());
      try {
        threads.execute(() -> run(task));
      } finally {
        caller.setContextClassLoader(before);
      }
    }

    private void run(Runnable task) {
      Thread thread = Thread.currentThread();
      ClassLoader before = thread.getContextClassLoader();
      thread.setContextClassLoader(classLoader);
      try {
        task.run();
      } finally {
        thread.setContextClassLoader(before);
      }
    }
  }
}
