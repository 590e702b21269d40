// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.loop;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks from beside the event loops whether they turn. A loop that does not for a second is
 * blocked: none of its connections is served, no timeout of theirs comes. Each time is counted, and
 * the log gets the loop's stack, at most once a minute for a loop. Where the process itself stood
 * still, no loop is to blame.
 */
public final class LoopWatchdog implements Runnable {

  private static final Logger log = LoggerFactory.getLogger(LoopWatchdog.class);

  /** Longer than any turn that has its way with 2 ms of tasks and a few hundred connections. */
  static final Duration BLOCKED = Duration.ofSeconds(1);

  private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

  /** So late itself: the machine has no time for anybody. */
  private static final long PAUSED_NANOS = 2 * LOOK_NANOS;

  private static final long QUIET_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final List<LoopWatch> watches = new CopyOnWriteArrayList<>();
  private final Thread thread = new Thread(this, "sluice-watchdog");
  private volatile boolean ended;

  /** Looks at nothing yet. */
  public LoopWatchdog() {
    thread.setDaemon(true);
    thread.setContextClassLoader(LoopWatchdog.class.getClassLoader());
  }

  /**
   * Looks after one more loop. Any thread.
   *
   * @param watch started
   */
  public void add(LoopWatch watch) {
    watches.add(watch);
  }

  /**
   * Whom it looks after. Any thread.
   *
   * @return in the order in which they came
   */
  public List<LoopWatch> watches() {
    return List.copyOf(watches);
  }

  /** Begins to look. Once. */
  public void start() {
    thread.start();
  }

  /** Looks no more, and ends its thread. */
  public void stop() {
    ended = true;
    LockSupport.unpark(thread);
  }

  @Override
  public void run() {
    long before = System.nanoTime();
    while (!ended) {
      LockSupport.parkNanos(LOOK_NANOS);
      long now = System.nanoTime();
      if (now - before < LOOK_NANOS + PAUSED_NANOS) {
        look(now);
      }
      before = now;
    }
  }

  private void look(long now) {
    for (LoopWatch watch : watches) {
      try {
        String where = watch.blockedFor(BLOCKED.toNanos(), QUIET_NANOS, now);
        if (where != null) {
          log.warn(
              "a call blocks an event loop, so that none of its connections is served: {}", where);
        }
      } catch (Throwable thrown) {
        log.error("an event loop could not be looked at", thrown);
      }
    }
  }
}
