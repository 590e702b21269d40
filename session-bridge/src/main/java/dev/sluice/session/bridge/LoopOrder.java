// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import io.netty.util.concurrent.EventExecutor;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Calls on the connection's event loop: at once where possible, after the running call where not.
 * On the loop, but for {@link #add}.
 */
final class LoopOrder extends SessionOrder implements Runnable {

  /** Calls beget calls: after so many the loop's other connections have their turn. */
  private static final int TURN = 64;

  private final EventExecutor loop;

  // What waits, oldest first.
  private @Nullable Call first;
  private @Nullable Call last;

  private boolean running;
  private @Nullable ClassLoader before;

  // Made once, when the loop has ended: there is no thread any more that all calls come to.
  private @Nullable PoolOrder late;

  LoopOrder(EventExecutor loop, @Nullable ClassLoader classLoader, CallsOwner owner) {
    super(classLoader, owner);
    this.loop = loop;
  }

  /**
   * Enters the order without a queue, if a call may run right now. Then the caller makes its calls,
   * with {@link #between} before each further one, and leaves by {@link #exit}.
   */
  boolean enter() {
    if (running || first != null) {
      return false;
    }
    running = true;
    before = enterClassLoader();
    return true;
  }

  /** Entered: what the last call has brought about goes before the next one. */
  void between() {
    Call next;
    for (int left = TURN; left > 0 && (next = next()) != null; left--) {
      run(next);
    }
  }

  void exit() {
    between();
    exitClassLoader(before);
    before = null;
    running = false;
    if (first != null) {
      again();
    }
    owner().callsRested();
  }

  private void again() {
    try {
      loop.execute(this);
    } catch (RejectedExecutionException loopHasEnded) {
      // The node is down to its last steps; what is left to say to the session is said here.
      while (first != null) {
        run();
      }
    }
  }

  /** The next turn of the calls that wait. */
  @Override
  public void run() {
    if (!running) {
      running = true;
      before = enterClassLoader();
      exit();
    }
  }

  @Override
  void add(Call call) {
    if (loop.inEventLoop()) {
      addOnLoop(call);
      return;
    }
    try {
      loop.execute(() -> addOnLoop(call));
    } catch (RejectedExecutionException loopHasEnded) {
      // Several threads may come here at once. Whoever is first works off what the others bring.
      late().add(Call.of(() -> addOnLoop(call)));
    }
  }

  private synchronized PoolOrder late() {
    if (late == null) {
      late = new PoolOrder(Runnable::run, null, owner());
    }
    return late;
  }

  private void addOnLoop(Call call) {
    if (enter()) {
      run(call);
      exit();
    } else {
      append(call);
    }
  }

  private void append(Call call) {
    if (last == null) {
      first = call;
    } else {
      last.next = call;
    }
    last = call;
  }

  private @Nullable Call next() {
    Call oldest = first;
    if (oldest != null) {
      first = oldest.next;
      oldest.next = null;
      if (first == null) {
        last = null;
      }
    }
    return oldest;
  }

  boolean running() {
    return running;
  }

  @Override
  boolean busy() {
    return false;
  }
}
