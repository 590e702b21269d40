// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import java.lang.management.ClassLoadingMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Looks from another thread at how long calls into sessions take. What counts is the processor time
 * of a call and the time that it was seen to wait, not the time that passes: on a busy machine a
 * call stands still and is not to blame.
 */
final class CallWatch {

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final ClassLoadingMXBean CLASSES = ManagementFactory.getClassLoadingMXBean();
  private static final boolean CPU = THREADS.isThreadCpuTimeSupported();
  private static final long LOOK_NANOS = Duration.ofMillis(10).toNanos();
  private static final long GRACE_MILLIS = 1_000;

  /**
   * How long calls may take.
   *
   * @param loop of protocols on the event loop
   * @param worker of all others
   */
  record Limits(Duration loop, Duration worker) {}

  /** One call, compared by identity. */
  static final class Call {
    private final String what;
    private final Observer of;
    private final boolean onLoop;
    private final Thread thread = Thread.currentThread();
    private final @Nullable Call outer;

    private Call(@Nullable Call outer, String what, Observer of, boolean onLoop) {
      this.outer = outer;
      this.what = what;
      this.of = of;
      this.onLoop = onLoop;
    }
  }

  // Set by the thread that calls, read by the one that looks on.
  private volatile @Nullable Call current;

  private volatile boolean apart;

  // Of the thread that looks on.
  private @Nullable Call seen;
  private long cpuBefore;
  private long waited;
  private long classes;

  /** Perhaps within another call, of the same session or not. */
  Call begin(String what, Observer of, boolean onLoop) {
    Call call = new Call(current, what, of, onLoop);
    current = call;
    return call;
  }

  void end(Call call) {
    current = call.outer;
  }

  /** Whose session is being called on this thread, if any is. */
  @Nullable Observer caller() {
    Call call = current;
    return call != null && call.thread == Thread.currentThread() ? call.of : null;
  }

  /** Where a call stands that has not returned, if there is one. */
  String standing() {
    Call call = current;
    return call == null
        ? ""
        : "; " + call.what + " has not returned and is " + place(call.thread.getStackTrace());
  }

  /** From now on no session may write to another one's connection. */
  void keepApart() {
    apart = true;
  }

  boolean apart() {
    return apart;
  }

  /**
   * Does the work on a thread of its own.
   *
   * @throws AssertionError with the stack of a call that takes too long; its thread is interrupted
   *     and left to itself
   */
  void run(Limits limits, Runnable work) {
    CountDownLatch done = new CountDownLatch(1);
    @Nullable Throwable[] failure = {null};
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (Throwable thrown) {
                failure[0] = thrown;
              } finally {
                done.countDown();
              }
            },
            "session-contract");
    thread.setDaemon(true);
    thread.setContextClassLoader(Thread.currentThread().getContextClassLoader());
    thread.start();
    try {
      while (!done.await(LOOK_NANOS, TimeUnit.NANOSECONDS)) {
        look(limits);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted in the middle of a rule", e);
    } finally {
      if (done.getCount() > 0) {
        leave(thread);
      }
    }
    rethrow(failure[0]);
  }

  /** Once more in an interval. */
  private void look(Limits limits) {
    Call call = current;
    long loaded = CLASSES.getTotalLoadedClassCount();
    if (call == null || call != seen) {
      seen = call;
      waited = 0;
      classes = loaded;
      cpuBefore = call == null ? 0 : cpu(call.thread);
      return;
    }
    if (loaded != classes) {
      // What a class costs on its first use is no fault of the call.
      classes = loaded;
      cpuBefore = cpu(call.thread);
    }
    if (waits(call.thread)) {
      // No more than the interval, though more may have passed: this thread may be late as well.
      waited += LOOK_NANOS;
    }
    Duration taken = Duration.ofNanos(cpu(call.thread) - cpuBefore + waited);
    Duration limit = call.onLoop ? limits.loop() : limits.worker();
    if (taken.compareTo(limit) > 0) {
      StackTraceElement[] stack = call.thread.getStackTrace();
      if (current == call) {
        throw tooLong(call, taken, limit, stack);
      }
    }
  }

  private static long cpu(Thread thread) {
    return CPU ? Math.max(0, THREADS.getThreadCpuTime(thread.getId())) : 0;
  }

  private static boolean waits(Thread thread) {
    return switch (thread.getState()) {
      case BLOCKED, WAITING, TIMED_WAITING -> true;
      case RUNNABLE -> waitsForNetwork(thread.getStackTrace());
      default -> false;
    };
  }

  /** To the virtual machine such a thread runs. */
  private static boolean waitsForNetwork(StackTraceElement[] stack) {
    return stack.length > 0
        && stack[0].isNativeMethod()
        && (stack[0].getClassName().startsWith("sun.nio.ch.")
            || stack[0].getClassName().startsWith("java.net."));
  }

  private static AssertionError tooLong(
      Call call, Duration taken, Duration limit, StackTraceElement[] stack) {
    AssertionError where = new AssertionError("the stack of the blocked call");
    where.setStackTrace(stack);
    return new AssertionError(
        "the session blocks "
            + (call.onLoop ? "its event loop" : "its worker")
            + ": "
            + call.what
            + " has run or waited for "
            + taken.toMillis()
            + " ms and not returned, its limit is "
            + limit.toMillis()
            + " ms; it is "
            + place(stack),
        where);
  }

  private static String place(StackTraceElement[] stack) {
    for (StackTraceElement frame : stack) {
      if (!Origins.isForeign(frame.getClassName()) && !frame.getClassName().contains("$$Lambda")) {
        return "at " + text(frame);
      }
    }
    return stack.length == 0 ? "gone" : "at " + text(stack[0]);
  }

  /** Without the names of loaders and modules. */
  private static String text(StackTraceElement frame) {
    return new StackTraceElement(
            frame.getClassName(), frame.getMethodName(), frame.getFileName(), frame.getLineNumber())
        .toString();
  }

  /** Most waits end by it, and then the trial does. */
  private static void leave(Thread thread) {
    thread.interrupt();
    try {
      thread.join(GRACE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void rethrow(@Nullable Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
    if (failure != null) {
      throw new AssertionError(failure);
    }
  }
}
