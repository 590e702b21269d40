// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import io.netty.util.concurrent.EventExecutor;
import java.io.Serial;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Brings calls from any thread to a connection's loop in their order. A call made on the loop runs
 * at once where none is before it. The count is of those that run or wait.
 */
final class LoopCalls extends AtomicInteger {

  @Serial private static final long serialVersionUID = 1;

  private final transient EventExecutor loop;
  private final transient HttpExchange exchange;

  // Made by the first thread that needs it; most requests are answered on the loop.
  private transient volatile @Nullable Queue<Runnable> waiting;

  LoopCalls(EventExecutor loop, HttpExchange exchange) {
    this.loop = loop;
    this.exchange = exchange;
  }

  /** Whether the caller may make its call right now; then it leaves by {@link #exit}. */
  boolean enter() {
    return loop.inEventLoop() && compareAndSet(0, 1);
  }

  void exit() {
    int others = decrementAndGet();
    if (others > 0) {
      drain(others);
    }
  }

  /** Never lost: with its loop gone a call runs on the thread that made it. */
  void execute(Runnable call) {
    queue().add(call);
    if (getAndIncrement() != 0) {
      return;
    }
    if (loop.inEventLoop()) {
      drain(1);
    } else {
      try {
        loop.execute(() -> drain(1));
      } catch (RejectedExecutionException loopHasEnded) {
        drain(1);
      }
    }
  }

  private void drain(int known) {
    int left = known;
    do {
      Runnable call;
      while ((call = queue().poll()) != null) {
        try {
          call.run();
        } catch (Throwable thrown) {
          exchange.broken(thrown);
        }
      }
      left = addAndGet(-left);
    } while (left > 0);
  }

  private Queue<Runnable> queue() {
    Queue<Runnable> queue = waiting;
    if (queue == null) {
      synchronized (this) {
        queue = waiting;
        if (queue == null) {
          queue = new ConcurrentLinkedQueue<>();
          waiting = queue;
        }
      }
    }
    return queue;
  }
}
