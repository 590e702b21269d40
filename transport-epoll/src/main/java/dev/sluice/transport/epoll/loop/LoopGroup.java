// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.loop;

import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.RejectedExecutionHandlers;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * The event loops of a node. Netty lets tasks run for a whole second before a loop looks at its
 * sockets again, so that one connection whose tasks beget tasks would stall all the others. And
 * whatever context class loader a task leaves behind, the thread has its own again for the next.
 */
public final class LoopGroup extends MultiThreadIoEventLoopGroup {

  private static final int TASKS_MILLIS = 2;

  /**
   * Starts no thread yet: each comes with its loop's first task.
   *
   * @param name that of the threads begins with
   * @param threads how many loops
   */
  public LoopGroup(String name, int threads) {
    super(threads, new DefaultThreadFactory(name, true), LoopIoHandler.newFactory());
  }

  /** Called by the constructor of the superclass. */
  @Override
  protected IoEventLoop newChild(
      Executor executor, IoHandlerFactory ioHandlerFactory, Object... args) {
    return new Loop(this, executor, ioHandlerFactory);
  }

  private static final class Loop extends SingleThreadIoEventLoop {

    // Of the loop's thread.
    private @Nullable ClassLoader own;

    private boolean ending;

    Loop(LoopGroup group, Executor executor, IoHandlerFactory ioHandlerFactory) {
      super(
          group,
          executor,
          ioHandlerFactory,
          Integer.MAX_VALUE,
          RejectedExecutionHandlers.reject(),
          TASKS_MILLIS);
    }

    @Override
    protected void run() {
      own = Thread.currentThread().getContextClassLoader();
      super.run();
    }

    /**
     * One more turn: Netty closes what is open at a turn's begin, and a loop that is told to end in
     * the middle of a turn would leave its sockets open, and their sessions untold.
     */
    @Override
    protected boolean confirmShutdown() {
      if (isShuttingDown() && !isShutdown() && !ending) {
        ending = true;
        // So that the turn does not wait for sockets.
        execute(() -> {});
        return false;
      }
      return super.confirmShutdown();
    }

    /** Before each task. */
    @Override
    protected @Nullable Runnable pollTask() {
      takeBackThread();
      return super.pollTask();
    }

    /** Behind the last one: the sockets come next. */
    @Override
    protected void afterRunningAllTasks() {
      super.afterRunningAllTasks();
      takeBackThread();
    }

    /** A task of a session's may have been the raw one of a plug-in. */
    private void takeBackThread() {
      Thread thread = Thread.currentThread();
      if (thread.getContextClassLoader() != own) {
        thread.setContextClassLoader(own);
      }
    }
  }
}
