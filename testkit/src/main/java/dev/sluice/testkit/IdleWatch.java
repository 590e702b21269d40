// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import dev.sluice.api.CloseReason;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** Ends a connection on which no byte has moved either way for a time. On the executor's tasks. */
final class IdleWatch {

  private final Duration timeout;
  private final DeterministicExecutor executor;
  private final Outbound outbound;
  private final Arrivals arrivals;
  private int seen;
  private Duration lastMove;

  IdleWatch(
      Duration timeout, DeterministicExecutor executor, Outbound outbound, Arrivals arrivals) {
    this.timeout = timeout;
    this.executor = executor;
    this.outbound = outbound;
    this.arrivals = arrivals;
    this.lastMove = executor.clock().elapsed();
  }

  /** Looks, and again when the timeout would be over; output counts from when it was noticed. */
  void look() {
    if (outbound.gone()) {
      return;
    }
    Duration now = executor.clock().elapsed();
    int delivered = outbound.delivered().length;
    if (delivered != seen) {
      seen = delivered;
      lastMove = now;
    }
    if (arrivals.lastRead().compareTo(lastMove) > 0) {
      lastMove = arrivals.lastRead();
    }
    Duration left = timeout.minus(now.minus(lastMove));
    if (left.isZero() || left.isNegative()) {
      outbound.abort(CloseReason.IDLE_TIMEOUT);
    } else {
      Future<?> unused = executor.schedule(this::look, left.toNanos(), TimeUnit.NANOSECONDS);
    }
  }
}
