// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.ScheduledTask;
import dev.sluice.api.SessionContext;
import dev.sluice.api.rpc.HttpConfiguration;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The timer of a connection's limits of time. There is one a connection, which runs only while
 * something is under way: requests that are read and answered within a pass cost nothing here. On
 * the connection's loop.
 */
public abstract class DeadlineTimer {

  private static final long SHORTEST_TICK = Duration.ofMillis(20).toNanos();
  private static final long LONGEST_TICK = Duration.ofSeconds(1).toNanos();
  private static final double NANOS = 1e9;

  private final SessionContext context;

  /** What the interface needs, or an application of its own. */
  private Duration tick = Duration.ofNanos(LONGEST_TICK);

  private @Nullable ScheduledTask timer;
  private boolean stopped;

  /**
   * Not running yet.
   *
   * @param context of the connection
   * @param limits of its interface
   */
  protected DeadlineTimer(SessionContext context, HttpConfiguration limits) {
    this.context = context;
    lookFor(limits.headerTimeout());
    lookFor(limits.bodyTimeout());
    lookFor(limits.requestTimeout());
  }

  /**
   * Looks at the time, and ends what is over.
   *
   * @param now by {@link SessionContext#nanoTime}
   */
  protected abstract void look(long now);

  /**
   * The connection's time.
   *
   * @return by {@link SessionContext#nanoTime}
   */
  protected final long now() {
    return context.nanoTime();
  }

  /**
   * Whether there is something to look at.
   *
   * @return {@code false}: the timer rests until the next {@link #run}
   */
  protected abstract boolean watched();

  /**
   * Looks often enough for a limit.
   *
   * @param limit to be seen soon after it is over
   */
  public final void lookFor(Duration limit) {
    long quarter = limit.toNanos() / 4;
    if (quarter < tick.toNanos()) {
      tick = Duration.ofNanos(Math.max(SHORTEST_TICK, quarter));
    }
  }

  /** Something is under way. */
  public final void run() {
    if (timer == null && !stopped) {
      timer = context.schedule(tick, this::tick);
    }
  }

  private void tick() {
    timer = null;
    look(now());
    if (watched()) {
      run();
    }
  }

  /** Nothing is to be looked at any more. */
  public final void stop() {
    stopped = true;
    ScheduledTask running = timer;
    timer = null;
    if (running != null) {
      running.cancel();
    }
  }

  /**
   * Whether {@link #stop} was called.
   *
   * @return {@code true} for good
   */
  protected final boolean stopped() {
    return stopped;
  }

  /**
   * What has to move within a time.
   *
   * @param bytesPerSecond the least rate
   * @param nanos the time
   * @return bytes, rounded up
   */
  public static long least(long bytesPerSecond, long nanos) {
    return (long) Math.ceil(bytesPerSecond * (nanos / NANOS));
  }
}
