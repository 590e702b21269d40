// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.concurrent.atomic.AtomicLongFieldUpdater;

/**
 * What a session says of itself, as shares of the node's budgets: output that it keeps for want of
 * its peer's leave, input that it has let its peer send. Any thread.
 */
final class DeclaredShares {

  private static final AtomicLongFieldUpdater<DeclaredShares> KEPT =
      AtomicLongFieldUpdater.newUpdater(DeclaredShares.class, "kept");
  private static final AtomicLongFieldUpdater<DeclaredShares> PROMISED =
      AtomicLongFieldUpdater.newUpdater(DeclaredShares.class, "promised");

  private final OutboundBudget output;
  private final InboundBudget input;
  private volatile long kept;

  @SuppressWarnings("unused") // by its updater
  private volatile long promised;

  // Written in the session's order behind its last call, read by whoever declares: nobody gives
  // back.
  private volatile boolean released;

  DeclaredShares(Connections connections) {
    this.output = connections.outboundBudget();
    this.input = connections.inboundBudget();
  }

  /** All output that is kept now. How much more all together may keep. */
  long keep(long bytes) {
    setKept(bytes);
    if (released) {
      setKept(0);
    }
    return output.roomToKeep();
  }

  /** All input that may come now. What room is left on the node. */
  long promise(long bytes) {
    setPromised(bytes);
    if (released) {
      setPromised(0);
    }
    return input.roomForPromises();
  }

  private void setKept(long bytes) {
    long more = bytes - KEPT.getAndSet(this, bytes);
    if (more != 0) {
      output.keep(more);
    }
  }

  private void setPromised(long bytes) {
    long more = bytes - PROMISED.getAndSet(this, bytes);
    if (more != 0) {
      input.promise(more);
    }
  }

  /** May be a little old. */
  long kept() {
    return kept;
  }

  /** The session has been told of the end: what it kept is gone, and nothing comes any more. */
  void release() {
    released = true;
    setKept(0);
    setPromised(0);
  }
}
