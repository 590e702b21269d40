// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.loop;

import dev.sluice.api.Execution;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The threads that sessions may block. Its queue is bounded by the number of connections, each of
 * which waits in it at most once. Threads are daemons: one that never ends does not keep the
 * process alive.
 */
public final class WorkerPool {

  private static final Logger log = LoggerFactory.getLogger(WorkerPool.class);

  private static final long IDLE_SECONDS = 30;

  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
  private final ThreadFactory factory;
  private final ThreadPoolExecutor workers;
  private final ExecutorService virtual;

  /**
   * Starts no thread yet.
   *
   * @param size how many threads at the most
   */
  public WorkerPool(int size) {
    this(size, Thread::new);
  }

  WorkerPool(int size, ThreadFactory threadOf) {
    AtomicInteger number = new AtomicInteger();
    this.factory =
        task -> {
          Thread thread =
              threadOf.newThread(
                  () -> {
                    threads.add(Thread.currentThread());
                    try {
                      task.run();
                    } finally {
                      threads.remove(Thread.currentThread());
                    }
                  });
          thread.setName("sluice-worker-" + number.incrementAndGet());
          thread.setDaemon(true);
          return ownedByNode(thread);
        };
    this.workers =
        new ThreadPoolExecutor(
            size, size, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), factory) {
          @Override
          public void execute(Runnable task) {
            try {
              super.execute(task);
            } catch (OutOfMemoryError noMoreThreads) {
              leaveToOthers(this, task, noMoreThreads);
            }
          }
        };
    workers.allowCoreThreadTimeOut(true);
    this.virtual = virtualThreads(workers);
  }

  /**
   * The threads of one kind.
   *
   * @param execution virtual threads only where the JDK has them
   * @return refuses tasks once the pool has stopped
   */
  public ExecutorService executor(Execution execution) {
    return execution == Execution.VIRTUAL_THREADS ? virtual : workers;
  }

  /**
   * The process gets no more threads, or there is no memory: the task goes to those that there are.
   */
  private static void leaveToOthers(ThreadPoolExecutor pool, Runnable task, Throwable cause) {
    pool.getQueue().add(task);
    if ((pool.getPoolSize() == 0 || pool.isShutdown()) && pool.remove(task)) {
      throw new RejectedExecutionException("no thread to be had", cause);
    }
  }

  /** Whoever makes it begin may be a plug-in, whose class loader it must not keep. */
  private static Thread ownedByNode(Thread thread) {
    thread.setContextClassLoader(WorkerPool.class.getClassLoader());
    return thread;
  }

  /** Found by name, since the floor is a JDK without them. */
  private static ExecutorService virtualThreads(ExecutorService otherwise) {
    try {
      Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
      ThreadFactory bare =
          (ThreadFactory)
              Class.forName("java.lang.Thread$Builder").getMethod("factory").invoke(builder);
      ThreadFactory owned = task -> ownedByNode(bare.newThread(task));
      return (ExecutorService)
          Executors.class
              .getMethod("newThreadPerTaskExecutor", ThreadFactory.class)
              .invoke(null, owned);
    } catch (ReflectiveOperationException older) {
      return otherwise;
    }
  }

  /**
   * Takes no more work and waits for what there is. Where threads do not end, what waits for them
   * is done by one more, for as long again.
   *
   * @param timeoutNanos how long
   * @return the threads that did not end, each with its stack
   */
  public List<String> stop(long timeoutNanos) {
    workers.shutdown();
    virtual.shutdown();
    long deadline = System.nanoTime() + timeoutNanos;
    boolean workersEnded = await(workers, deadline);
    boolean ended = await(virtual, deadline) && workersEnded;
    List<String> stuck = new ArrayList<>();
    if (!ended) {
      for (Thread thread : threads) {
        stuck.add(describe(thread));
      }
      Thread last = doLeft(workers.shutdownNow(), timeoutNanos);
      virtual.shutdownNow();
      if (last != null) {
        stuck.add(describe(last));
      }
    }
    return stuck;
  }

  /** What waits may be the end of sessions, which they have to hear. Null: it was all done. */
  private @Nullable Thread doLeft(List<Runnable> left, long timeoutNanos) {
    if (left.isEmpty()) {
      return null;
    }
    Thread last = factory.newThread(() -> left.forEach(WorkerPool::runLeft));
    last.start();
    try {
      last.join(Math.max(1, TimeUnit.NANOSECONDS.toMillis(timeoutNanos)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return last.isAlive() ? last : null;
  }

  /** What one of them throws is not for those behind it. */
  private static void runLeft(Runnable task) {
    try {
      task.run();
    } catch (Throwable thrown) {
      log.warn("what waited for a worker at the stop failed", thrown);
    }
  }

  private static boolean await(ExecutorService executor, long deadline) {
    try {
      return executor.awaitTermination(
          Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  static String describe(Thread thread) {
    StringBuilder text = new StringBuilder(thread.getName());
    for (StackTraceElement frame : thread.getStackTrace()) {
      text.append("\n    at ").append(frame);
    }
    return text.toString();
  }
}
