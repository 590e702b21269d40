// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.concurrent.atomic.AtomicLong;

/** Input that a session lets its peer send, as a share of what the node promises. Any thread. */
final class PromisedInput {

  private final InboundBudget budget;
  private final AtomicLong promised = new AtomicLong();
  // Written in the session's order behind its last call, read by whoever promises.
  private volatile boolean released;

  PromisedInput(InboundBudget budget) {
    this.budget = budget;
  }

  /** All that there is now. What room is left on the node. */
  long promise(long bytes) {
    set(bytes);
    if (released) {
      set(0);
    }
    return budget.roomForPromises();
  }

  private void set(long bytes) {
    long more = bytes - promised.getAndSet(bytes);
    if (more != 0) {
      budget.promise(more);
    }
  }

  /** The session has been told of the end: nothing comes any more. */
  void release() {
    released = true;
    set(0);
  }
}
