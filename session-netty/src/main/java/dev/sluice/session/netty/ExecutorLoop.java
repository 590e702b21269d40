// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.concurrent.AbstractEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ScheduledFuture;
import io.netty.util.concurrent.Ticker;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Lets a plain executor, such as a test kit's, stand in for the event loop that a channel wants.
 */
final class ExecutorLoop extends AbstractEventExecutor implements EventLoop {

  private final EventExecutor executor;

  ExecutorLoop(EventExecutor executor) {
    this.executor = executor;
  }

  @Override
  public boolean inEventLoop(Thread thread) {
    return executor.inEventLoop(thread);
  }

  @Override
  public void execute(Runnable task) {
    executor.execute(task);
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
    return executor.schedule(task, delay, unit);
  }

  @Override
  public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
    return executor.schedule(task, delay, unit);
  }

  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable task, long initialDelay, long period, TimeUnit unit) {
    return executor.scheduleAtFixedRate(task, initialDelay, period, unit);
  }

  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable task, long initialDelay, long delay, TimeUnit unit) {
    return executor.scheduleWithFixedDelay(task, initialDelay, delay, unit);
  }

  @Override
  public Ticker ticker() {
    return executor.ticker();
  }

  @Override
  public EventLoop next() {
    return this;
  }

  @Override
  public @Nullable EventLoopGroup parent() {
    return null;
  }

  @Override
  public ChannelFuture register(Channel channel) {
    throw new UnsupportedOperationException("only for the channel that it was made for");
  }

  @Override
  public ChannelFuture register(ChannelPromise promise) {
    return register(promise.channel());
  }

  @Override
  @Deprecated
  public ChannelFuture register(Channel channel, ChannelPromise promise) {
    throw new UnsupportedOperationException("only for the channel that it was made for");
  }

  @Override
  public boolean isShuttingDown() {
    return executor.isShuttingDown();
  }

  @Override
  public boolean isShutdown() {
    return executor.isShutdown();
  }

  @Override
  public boolean isTerminated() {
    return executor.isTerminated();
  }

  @Override
  public boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    return executor.awaitTermination(timeout, unit);
  }

  @Override
  public Future<?> terminationFuture() {
    return executor.terminationFuture();
  }

  /** The executor is not this channel's to end. */
  @Override
  public Future<?> shutdownGracefully(long quietPeriod, long timeout, TimeUnit unit) {
    throw new UnsupportedOperationException("the executor is the node's");
  }

  @Override
  @Deprecated
  public void shutdown() {
    throw new UnsupportedOperationException("the executor is the node's");
  }
}
