// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Whose code has asked for a buffer, retained it and touched it. Any thread. */
final class Trail {

  /** So many of the latest: who retains without an end shows in few, the node's own among them. */
  private static final int MOST = 8;

  static final String UNKNOWN = "allocated at an unknown place";

  private static final String LENT = "lent to the session by the node";

  /**
   * What was done, where, and with which hint.
   *
   * @param at the stack as the virtual machine writes it down, which is cheap; most are never read
   */
  private record Step(String what, @Nullable Object hint, Throwable at) {
    /** Empty where it was the node's doing. */
    String text() {
      return Origins.caller(at)
          .map(where -> what + (hint == null ? "" : " (" + hint + ")") + " at " + where)
          .orElse("");
    }
  }

  private final @Nullable Throwable allocated;
  private final Deque<Step> steps = new ArrayDeque<>();

  /**
   * @param kept not where it would cost too much
   */
  Trail(boolean kept) {
    this.allocated = kept ? new Throwable() : null;
  }

  void retained() {
    add("retained", null);
  }

  void touched(Object hint) {
    add("touched", hint);
  }

  private void add(String what, @Nullable Object hint) {
    if (allocated != null) {
      add(new Step(what, hint, new Throwable()));
    }
  }

  private synchronized void add(Step step) {
    if (steps.size() == MOST) {
      steps.remove();
    }
    steps.add(step);
  }

  /** The latest first, and at last where it was allocated. */
  @Override
  public synchronized String toString() {
    List<String> all = new ArrayList<>();
    steps.descendingIterator().forEachRemaining(step -> all.add(step.text()));
    all.removeIf(String::isEmpty);
    all.add(
        allocated == null
            ? UNKNOWN
            : Origins.caller(allocated)
                .map(where -> "allocated at " + where)
                .or(() -> Origins.node(allocated).map(where -> LENT + " at " + where))
                .orElse(LENT));
    return String.join(", ", all);
  }
}
