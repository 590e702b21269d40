// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import io.netty.util.concurrent.EventExecutor;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The order of an application's calls for one request: never two at once, none lost. Calls given to
 * it do not throw.
 */
abstract class HandlerOrder {

  private final @Nullable ClassLoader classLoader;

  private HandlerOrder(@Nullable ClassLoader classLoader) {
    this.classLoader = classLoader;
  }

  /** Calls run at once, on the loop; given from there alone. */
  static HandlerOrder onLoop(EventExecutor loop, @Nullable ClassLoader classLoader) {
    return new OnLoop(loop, classLoader);
  }

  /** Calls run on a pool; may be given from any thread. */
  static HandlerOrder onPool(Executor pool, @Nullable ClassLoader classLoader) {
    return new OnPool(pool, classLoader);
  }

  abstract void execute(Runnable call);

  /** Whether what is given to a call on the loop is used before {@link #execute} returns. */
  abstract boolean immediate();

  final @Nullable ClassLoader enterClassLoader() {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    if (before != classLoader) {
      thread.setContextClassLoader(classLoader);
    }
    return before;
  }

  /** A call may have left another one than it was given. */
  static void exitClassLoader(@Nullable ClassLoader before) {
    Thread thread = Thread.currentThread();
    if (thread.getContextClassLoader() != before) {
      thread.setContextClassLoader(before);
    }
  }

  private static final class OnLoop extends HandlerOrder {
    private final EventExecutor loop;
    private boolean running;
    private @Nullable ArrayDeque<Runnable> waiting;

    OnLoop(EventExecutor loop, @Nullable ClassLoader classLoader) {
      super(classLoader);
      this.loop = loop;
    }

    @Override
    boolean immediate() {
      return !running;
    }

    @Override
    void execute(Runnable call) {
      if (running) {
        if (waiting == null) {
          waiting = new ArrayDeque<>();
        }
        waiting.add(call);
        return;
      }
      assert loop.inEventLoop() || loop.isShuttingDown();
      running = true;
      ClassLoader before = enterClassLoader();
      try {
        call.run();
        Runnable next;
        while (waiting != null && (next = waiting.poll()) != null) {
          next.run();
        }
      } finally {
        exitClassLoader(before);
        running = false;
      }
    }
  }

  private static final class OnPool extends HandlerOrder implements Runnable {

    /** After so many calls the pool's thread goes to another request that waits. */
    private static final int TURN = 64;

    private final Executor pool;

    private final Waiting calls = new Waiting();

    OnPool(Executor pool, @Nullable ClassLoader classLoader) {
      super(classLoader);
      this.pool = pool;
    }

    @Override
    boolean immediate() {
      return false;
    }

    @Override
    void execute(Runnable call) {
      if (calls.add(call) && !submitted()) {
        run();
      }
    }

    /** False: the node is down to its last steps, and nothing given here may be lost. */
    private boolean submitted() {
      try {
        pool.execute(this);
        return true;
      } catch (RejectedExecutionException poolHasEnded) {
        return false;
      }
    }

    @Override
    public void run() {
      // What was counted may not be seen yet: it is for the next turn.
      while (turn() && !submitted()) {}
    }

    /** Whether more waits. */
    private boolean turn() {
      int done = 0;
      boolean more = false;
      boolean thrown = true;
      ClassLoader before = enterClassLoader();
      try {
        Runnable call;
        while (done < TURN && (call = calls.next()) != null) {
          done++;
          call.run();
        }
        thrown = false;
      } finally {
        exitClassLoader(before);
        more = calls.made(done);
        if (thrown && more && !submitted()) {
          run();
        }
      }
      return more;
    }
  }
}
