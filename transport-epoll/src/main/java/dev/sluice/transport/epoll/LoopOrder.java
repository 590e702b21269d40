// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Calls on the connection's event loop: at once where possible, after the running call where not.
 */
final class LoopOrder extends SessionOrder implements Runnable {

  /** Calls beget calls: after so many the loop's other connections have their turn. */
  private static final int TURN = 64;

  private final EventLoop loop;
  private final Runnable afterCalls;
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>(0);
  private boolean running;
  private @Nullable ClassLoader before;
  // Written on the loop, read by any thread that asks whether a task would still run.
  private volatile boolean ended;

  /**
   * @param afterCalls called on the loop whenever the session's calls have come to rest
   */
  LoopOrder(EventLoop loop, @Nullable ClassLoader classLoader, Runnable afterCalls) {
    super(classLoader);
    this.loop = loop;
    this.afterCalls = afterCalls;
  }

  @Override
  boolean enter() {
    if (running || !waiting.isEmpty() || !loop.inEventLoop()) {
      return false;
    }
    running = true;
    before = enterClassLoader();
    return true;
  }

  @Override
  void exit() {
    for (int left = TURN; left > 0 && !waiting.isEmpty(); left--) {
      waiting.remove().run();
    }
    exitClassLoader(before);
    before = null;
    running = false;
    if (!waiting.isEmpty()) {
      loop.execute(this);
    }
    afterCalls.run();
  }

  /** The next turn of the calls that wait. */
  @Override
  public void run() {
    running = true;
    before = enterClassLoader();
    exit();
  }

  @Override
  boolean execute(Runnable call) {
    if (ended) {
      return false;
    }
    if (!loop.inEventLoop()) {
      try {
        loop.execute(() -> runOnLoop(call));
      } catch (RejectedExecutionException loopHasEnded) {
        return false;
      }
    } else {
      runOnLoop(call);
    }
    return true;
  }

  private void runOnLoop(Runnable call) {
    if (enter()) {
      try {
        call.run();
      } finally {
        exit();
      }
    } else {
      waiting.add(call);
    }
  }

  @Override
  void end() {
    ended = true;
  }

  boolean running() {
    return running;
  }

  @Override
  boolean busy() {
    return false;
  }
}
