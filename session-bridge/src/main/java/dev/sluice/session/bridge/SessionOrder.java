// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import org.jspecify.annotations.Nullable;

/**
 * The order of calls into one session: never two at once, none lost, none after the last. What a
 * call throws ends neither the order nor the thread: it is passed on to whoever answers for the
 * connection.
 */
abstract class SessionOrder {

  private final @Nullable ClassLoader classLoader;
  private final CallsOwner owner;

  // Written in the order, read by any thread that asks whether a call would still run.
  private volatile boolean ended;

  /** One call that waits; used once. */
  abstract static class Call {
    @Nullable Call next;

    abstract void run();

    static Call of(Runnable task) {
      return new Call() {
        @Override
        void run() {
          task.run();
        }
      };
    }
  }

  /**
   * @param classLoader the context class loader of the calls
   * @param owner hears what a call throws; does not throw itself
   */
  SessionOrder(@Nullable ClassLoader classLoader, CallsOwner owner) {
    this.classLoader = classLoader;
    this.owner = owner;
  }

  /** Runs a call in its turn; any thread. */
  abstract void add(Call call);

  /** Whether calls run or wait; any thread. */
  abstract boolean busy();

  /**
   * Runs a call in its turn; any thread. False only after {@link #end}: it will not run. A call
   * that was accepted runs, also behind the last one.
   */
  final boolean execute(Call call) {
    if (ended) {
      return false;
    }
    add(call);
    return true;
  }

  final boolean execute(Runnable task) {
    return execute(Call.of(task));
  }

  /** In the order: refuses calls from now on. */
  final void end() {
    ended = true;
  }

  final void run(Call call) {
    try {
      call.run();
    } catch (Throwable thrown) {
      failed(thrown);
    }
  }

  private void failed(Throwable thrown) {
    owner.failedWithin(thrown);
  }

  final CallsOwner owner() {
    return owner;
  }

  final @Nullable ClassLoader enterClassLoader() {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(classLoader);
    return before;
  }

  static void exitClassLoader(@Nullable ClassLoader before) {
    Thread.currentThread().setContextClassLoader(before);
  }
}
