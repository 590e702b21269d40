// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.loop;

import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.RejectedExecutionHandlers;
import java.util.concurrent.Executor;

/**
 * The event loops of a node. Netty lets tasks run for a whole second before a loop looks at its
 * sockets again, so that one connection whose tasks beget tasks would stall all the others.
 */
public final class LoopGroup extends MultiThreadIoEventLoopGroup {

  private static final int TASKS_MILLIS = 2;

  /**
   * Starts no thread yet: each comes with its loop's first task.
   *
   * @param threads how many loops
   */
  public LoopGroup(int threads) {
    super(threads, new DefaultThreadFactory("sluice-loop", true), LoopIoHandler.newFactory());
  }

  /** Called by the constructor of the superclass. */
  @Override
  protected IoEventLoop newChild(
      Executor executor, IoHandlerFactory ioHandlerFactory, Object... args) {
    return new SingleThreadIoEventLoop(
        this,
        executor,
        ioHandlerFactory,
        Integer.MAX_VALUE,
        RejectedExecutionHandlers.reject(),
        TASKS_MILLIS);
  }
}
