// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Looks over all connections of one event loop a few times a second, in place of a timer each. On
 * the loop.
 */
final class LoopSweep implements Runnable {

  /** Half of what a timeout may be late. */
  static final long PERIOD_MILLIS = 250;

  private final EventLoop loop;
  private final InboundBudget inbound;
  private final Set<Connection> connections = new LinkedHashSet<>();
  private final List<Connection> visiting = new ArrayList<>();

  // Written on the loop, read by whoever asks how the loop does.
  private volatile @Nullable Thread loopThread;
  private volatile long lastRun = System.nanoTime();

  LoopSweep(EventLoop loop, InboundBudget inbound) {
    this.inbound = inbound;
    this.loop = loop;
    loop.execute(() -> loopThread = Thread.currentThread());
    loop.scheduleAtFixedRate(this, PERIOD_MILLIS, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
  }

  void add(Connection connection) {
    connections.add(connection);
  }

  void remove(Connection connection) {
    connections.remove(connection);
  }

  /** Any thread. */
  LoopFigures figures() {
    long late = System.nanoTime() - lastRun - TimeUnit.MILLISECONDS.toNanos(PERIOD_MILLIS);
    Thread thread = loopThread;
    return new LoopFigures(
        thread == null ? "" : thread.getName(),
        connections.size(),
        loop instanceof SingleThreadEventExecutor executor ? executor.pendingTasks() : 0,
        Duration.ofNanos(thread == null ? 0 : cpuNanos(thread)),
        Duration.ofNanos(Math.max(0, late)));
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
    @Nullable Connection largest = null;
    // A visit may close a connection, which removes it from the set.
    visiting.addAll(connections);
    for (Connection connection : visiting) {
      connection.sweep(now);
      int held = connection.held();
      if (held > (largest == null ? 0 : largest.held())) {
        largest = connection;
      }
    }
    visiting.clear();
    if (largest != null && inbound.claimShedding(now)) {
      largest.writer().abort(Ending.NODE_INPUT);
    }
  }
}
