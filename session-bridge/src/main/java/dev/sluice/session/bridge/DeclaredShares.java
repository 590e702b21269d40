// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.function.LongSupplier;

/**
 * What a session says of itself, as shares of the node's budgets: output that it keeps for want of
 * its peer's leave, input that it has let its peer send. Any thread.
 */
final class DeclaredShares {

  private static final AtomicLongFieldUpdater<DeclaredShares> KEPT =
      AtomicLongFieldUpdater.newUpdater(DeclaredShares.class, "kept");
  private static final AtomicLongFieldUpdater<DeclaredShares> PROMISED =
      AtomicLongFieldUpdater.newUpdater(DeclaredShares.class, "promised");

  /** Whatever stands longer stands no worse; it keeps the product within its range. */
  private static final long MOST_MICROS = 1_000_000_000;

  private final OutboundBudget output;
  private final InboundBudget input;
  private final LongSupplier clock;
  private final Runnable end;
  private volatile long kept;

  @SuppressWarnings("unused") // by its updater
  private volatile long promised;

  // Written by whoever keeps, read by who looks for room: when some of it left, or it began.
  private volatile long movedAt;

  // Written in the session's order behind its last call, or by who sheds it; read by whoever
  // declares: nobody gives back.
  private volatile boolean released;

  /**
   * Of a connection.
   *
   * @param clock in nanoseconds
   * @param end ends the connection, to make room; any thread
   */
  DeclaredShares(OutboundBudget output, InboundBudget input, LongSupplier clock, Runnable end) {
    this.output = output;
    this.input = input;
    this.clock = clock;
    this.end = end;
  }

  static DeclaredShares of(Connections connections, Runnable end) {
    return new DeclaredShares(
        connections.outboundBudget(), connections.inboundBudget(), connections::now, end);
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
    long before = KEPT.getAndSet(this, bytes);
    if (bytes == before) {
      return;
    }
    if (bytes < before || before == 0) {
      movedAt = clock.getAsLong();
    }
    output.keep(bytes - before);
    if (bytes == 0 || before == 0) {
      output.keeps(this, bytes != 0);
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

  /** So much, and perhaps some of the connections that keep the most for longest end for it. */
  long makeRoom(long room) {
    return output.makeRoom(this, room, clock.getAsLong());
  }

  /** How much for how long: bytes times microseconds. */
  long standing(long now) {
    return kept * Math.min(MOST_MICROS, Math.max(0, (now - movedAt) / 1000));
  }

  /** The connection ends so that others have room. */
  void shed() {
    release();
    end.run();
  }

  /** The session has been told of the end, or is about to be: nothing is kept or comes any more. */
  void release() {
    released = true;
    setKept(0);
    setPromised(0);
  }
}
