// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Brings calls from any thread to a connection's loop in their order. A call made on the loop runs
 * at once where none is before it.
 */
final class LoopCalls extends Waiting implements Runnable {

  private final EventExecutor loop;
  private final HttpExchange exchange;

  LoopCalls(EventExecutor loop, HttpExchange exchange) {
    this.loop = loop;
    this.exchange = exchange;
  }

  /** Whether the caller may make its call right now; then it leaves by {@link #exit}. */
  boolean enter() {
    return loop.inEventLoop() && begin();
  }

  void exit() {
    if (made(1)) {
      run();
    }
  }

  /** Never lost: with its loop gone a call runs on the thread that made it. */
  void execute(Runnable call) {
    if (add(call) && (loop.inEventLoop() || !submitted())) {
      run();
    }
  }

  private boolean submitted() {
    try {
      loop.execute(this);
      return true;
    } catch (RejectedExecutionException loopHasEnded) {
      return false;
    }
  }

  /** For who has the calls. */
  @Override
  public void run() {
    int done;
    do {
      done = 0;
      Runnable call;
      while ((call = next()) != null) {
        guard(call);
        done++;
      }
      // What was counted may not be seen yet: the loop has its other work meanwhile.
    } while (made(done) && !submitted());
  }

  private void guard(Runnable call) {
    try {
      call.run();
    } catch (Throwable thrown) {
      exchange.broken(thrown);
    }
  }
}
