// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Ticker;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * An event loop without a thread: whoever has made it runs its tasks and moves its time. It never
 * shuts down, it lives as long as somebody holds it.
 */
public abstract class HandDrivenLoop extends AbstractScheduledEventExecutor {

  private final Ticker ticker = ticker(this::now);

  /** Without tasks. */
  protected HandDrivenLoop() {}

  /** Time as somebody moves it. */
  static Ticker ticker(LongSupplier now) {
    return new Ticker() {
      @Override
      public long initialNanoTime() {
        return 0;
      }

      @Override
      public long nanoTime() {
        return now.getAsLong();
      }

      @Override
      public void sleep(long delay, TimeUnit unit) {
        throw new UnsupportedOperationException("nobody would wake the sleeper");
      }
    };
  }

  /**
   * The time, which somebody moves. Any thread.
   *
   * @return in nanoseconds, from 0 on
   */
  protected abstract long now();

  @Override
  public Ticker ticker() {
    return ticker;
  }

  /** Always false. */
  @Override
  public boolean isShuttingDown() {
    return false;
  }

  /** Always false. */
  @Override
  public boolean isShutdown() {
    return false;
  }

  /** Always false. */
  @Override
  public boolean isTerminated() {
    return false;
  }

  /** Answers at once. */
  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) {
    return false;
  }

  /** Not supported; the future says so. */
  @Override
  public Future<?> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
    return terminationFuture();
  }

  /** Not supported; the future says so. */
  @Override
  public Future<?> terminationFuture() {
    return newFailedFuture(new UnsupportedOperationException("never shuts down"));
  }

  /** Not supported. */
  @Override
  @Deprecated
  public void shutdown() {
    throw new UnsupportedOperationException("never shuts down");
  }
}
