// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import org.jspecify.annotations.Nullable;

/**
 * The order of calls into one session: never two at once, none lost, none after the last.
 *
 * <p>Calls given to it do not throw: they catch what a session throws.
 */
abstract class SessionOrder {

  private final @Nullable ClassLoader classLoader;

  SessionOrder(@Nullable ClassLoader classLoader) {
    this.classLoader = classLoader;
  }

  /**
   * Enters the order without a queue, if the calling thread may run a call right now. Then the
   * caller makes its call and leaves by {@link #exit}.
   */
  abstract boolean enter();

  abstract void exit();

  /**
   * Runs a call in its turn; any thread. False only after {@link #end}: it will not run. A call
   * that was accepted runs, also behind the last one.
   */
  abstract boolean execute(Runnable call);

  /** In the order: refuses calls from now on. */
  abstract void end();

  /** Whether calls run or wait. */
  abstract boolean busy();

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
