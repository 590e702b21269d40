// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/** Whose code has asked for a buffer, retained it and touched it. Any thread. */
final class Trail {

  /** So many of the latest: who retains without an end shows in few. */
  private static final int MOST = 4;

  /** A frame, and not its text: most are never looked at. */
  private record Step(String what, StackWalker.StackFrame where) {
    @Override
    public String toString() {
      return what + " at " + where;
    }
  }

  private final boolean kept;
  private final Optional<StackWalker.StackFrame> allocated;
  private final Optional<StackWalker.StackFrame> lent;
  private final Deque<Step> steps = new ArrayDeque<>();

  /**
   * @param kept not where it would cost too much
   */
  Trail(boolean kept) {
    this.kept = kept;
    this.allocated = kept ? Origins.caller() : Optional.empty();
    this.lent = kept && allocated.isEmpty() ? Origins.node() : Optional.empty();
  }

  void retained() {
    add("retained");
  }

  void touched(Object hint) {
    add("touched (" + hint + ")");
  }

  private void add(String what) {
    if (kept) {
      Origins.caller().ifPresent(where -> add(new Step(what, where)));
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
    steps.descendingIterator().forEachRemaining(step -> all.add(step.toString()));
    all.add(
        allocated
            .map(where -> "allocated at " + where)
            .or(() -> lent.map(where -> "lent to the session by the node at " + where))
            .orElse(kept ? "lent to the session by the node" : "allocated at an unknown place"));
    return String.join(", ", all);
  }
}
