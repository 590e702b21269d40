// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What of a connection's limits of time has run out. Fed by ticks, so that reads and writes take no
 * time stamps: an event counts from the tick that saw it, never too early. On the loop.
 */
final class Deadlines {

  // Shared by all connections of an interface, where copies would be a part of what each costs.
  private final EndpointOptions.Limits limits;
  private final Duration requestTimeout;

  private long activeAt;
  private long outputFineAt;
  private long restedAt;

  // At the last tick an answer was owed, and there was still time for it.
  private boolean owed;

  // The state that was seen last, and since when.
  private @Nullable Object state;
  private long stateSince;

  Deadlines(EndpointOptions.Limits limits, Duration requestTimeout, long now) {
    this.limits = limits;
    this.requestTimeout = requestTimeout;
    this.activeAt = now;
    this.outputFineAt = now;
    this.restedAt = now;
  }

  /** The handshake, from the connection's begin. */
  @Nullable Ending ofHandshake(long now) {
    // Nothing counts as activity before the service.
    long taken = now - activeAt;
    if (taken >= limits.handshakeTimeout().toNanos()) {
      return Ending.HANDSHAKE;
    }
    return taken >= limits.idleTimeout().toNanos() ? Ending.IDLE_HANDSHAKE : null;
  }

  /**
   * While it is served.
   *
   * @param active bytes moved, or we held them up ourselves
   * @param outputFine output moved, or there is little of it
   * @param busy the session is at work
   * @param silenceNanos without a byte that it allows then
   * @param idleNanos without a byte that it allows otherwise; 0: as all others
   */
  @Nullable Ending ofService(
      long now,
      boolean active,
      boolean outputFine,
      boolean busy,
      long silenceNanos,
      long idleNanos) {
    if (active) {
      activeAt = now;
    }
    if (outputFine) {
      outputFineAt = now;
    }
    if (!busy) {
      restedAt = now;
    }
    if (now - outputFineAt >= limits.slowConsumerTimeout().toNanos()) {
      return Ending.NO_PROGRESS;
    }
    // An answer that has just been given may not have left yet, and does so before the next tick.
    boolean justGiven = owed && !busy;
    owed = busy && (now - restedAt < requestTimeout.toNanos() || now - activeAt < silenceNanos);
    long idle = idleNanos == 0 ? limits.idleTimeout().toNanos() : idleNanos;
    return !owed && !justGiven && now - activeAt >= idle ? Ending.IDLE : null;
  }

  /** For how long output has waited, more than little, of which nothing moved; by the last tick. */
  long outputStandsFor(long now) {
    return now - outputFineAt;
  }

  /** A close that waits for the peer to take what was written: only that it does so counts. */
  @Nullable Ending ofFlush(long now, Object closing, boolean progressed) {
    if (since(now, closing) == now || progressed) {
      outputFineAt = now;
    }
    if (now - outputFineAt >= limits.slowConsumerTimeout().toNanos()) {
      return Ending.NO_PROGRESS;
    }
    return now - outputFineAt >= limits.idleTimeout().toNanos() ? Ending.IDLE : null;
  }

  /** A wait that only the peer can cut short, since it was first seen. */
  boolean lingeredOut(long now, Object lingering) {
    return now - since(now, lingering) >= limits.lingerTimeout().toNanos();
  }

  private long since(long now, Object current) {
    if (current != state) {
      state = current;
      stateSince = now;
    }
    return stateSince;
  }
}
