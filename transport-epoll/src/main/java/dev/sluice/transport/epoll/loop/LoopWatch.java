// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.loop;

import dev.sluice.session.bridge.Connections;
import dev.sluice.session.bridge.Sweep;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the connections of one event loop the time, and others how the loop does. On the loop. */
public final class LoopWatch implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(LoopWatch.class);

  private final EventLoop loop;
  private final Sweep sweep;
  private final long periodNanos;

  // Written on the loop, read by whoever asks how the loop does.
  private volatile @Nullable Thread loopThread;
  private volatile long lastRun = System.nanoTime();

  // Written by the watchdog.
  private final AtomicLong blocked = new AtomicLong();
  private long blockedSince;
  private long toldAt;

  /**
   * Does nothing yet.
   *
   * @param loop whose connections are told
   * @param connections all of the node's
   * @param period from one look at the deadlines to the next
   */
  public LoopWatch(EventLoop loop, Connections connections, Duration period) {
    this.loop = loop;
    this.sweep = connections.sweepOf(loop);
    this.periodNanos = period.toNanos();
  }

  /** Begins to tell the time. Any thread, once. */
  public void start() {
    loop.execute(() -> loopThread = Thread.currentThread());
    loop.scheduleAtFixedRate(this, periodNanos, periodNanos, TimeUnit.NANOSECONDS);
  }

  /**
   * How the loop does. Any thread.
   *
   * @return at about this moment
   */
  public LoopFigures figures() {
    long late = System.nanoTime() - lastRun - periodNanos;
    Thread thread = loopThread;
    return new LoopFigures(
        thread == null ? "" : thread.getName(),
        sweep.size(),
        loop instanceof SingleThreadEventExecutor executor ? executor.pendingTasks() : 0,
        Duration.ofNanos(thread == null ? 0 : cpuNanos(thread)),
        Duration.ofNanos(Math.max(0, late)),
        blocked.get());
  }

  /**
   * Looks whether the loop turns, and counts each time that it does not. On the watchdog's thread.
   *
   * @param longest how late its sweep may be, nanoseconds
   * @param quiet how long nothing is told behind what was told, nanoseconds
   * @param now by {@link System#nanoTime}
   * @return the thread's name and stack, to be told; null: the loop turns, or it was told
   */
  @Nullable String blockedFor(long longest, long quiet, long now) {
    long ran = lastRun;
    Thread thread = loopThread;
    if (now - ran - periodNanos < longest || thread == null || loop.isShuttingDown()) {
      return null;
    }
    if (blocked.get() > 0 && blockedSince == ran) {
      return null;
    }
    boolean tell = blocked.get() == 0 || now - toldAt >= quiet;
    String where = tell ? WorkerPool.describe(thread) : null;
    if (lastRun != ran) {
      // It turned meanwhile, and the stack is of something else.
      return null;
    }
    blockedSince = ran;
    blocked.incrementAndGet();
    if (tell) {
      toldAt = now;
    }
    return where;
  }

  /**
   * Where a loop is that has not ended. Any thread.
   *
   * @return its thread's name and stack; null: it has ended
   */
  public @Nullable String stuck() {
    Thread thread = loopThread;
    return loop.isTerminated() || thread == null ? null : WorkerPool.describe(thread);
  }

  private static long cpuNanos(Thread thread) {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    return threads.isThreadCpuTimeEnabled()
        ? Math.max(0, threads.getThreadCpuTime(thread.getId()))
        : 0;
  }

  @Override
  public void run() {
    long now = System.nanoTime();
    lastRun = now;
    try {
      sweep.tick(now);
    } catch (Throwable thrown) {
      // A task that throws is never run again, and every timeout of the loop would end with it.
      log.error("the connections of {} were not all looked at", loop, thrown);
    }
  }
}
