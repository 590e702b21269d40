// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import org.jspecify.annotations.Nullable;

/**
 * What of a connection's limits of time has run out. Fed by ticks, so that reads and writes take no
 * time stamps: an event counts from the tick that saw it, never too early. On the loop.
 */
final class Deadlines {

  private final long idleNanos;
  private final long handshakeNanos;
  private final long slowConsumerNanos;
  private final long lingerNanos;
  private final long requestNanos;
  private final long begunAt;
  private long activeAt;
  private long outputFineAt;
  private long restedAt;

  // At the last tick an answer was owed, and there was still time for it.
  private boolean owed;

  // The state that was seen last, and since when.
  private @Nullable Object state;
  private long stateSince;

  Deadlines(EndpointOptions.Limits limits, long requestNanos, long now) {
    this.idleNanos = limits.idleTimeout().toNanos();
    this.handshakeNanos = limits.handshakeTimeout().toNanos();
    this.slowConsumerNanos = limits.slowConsumerTimeout().toNanos();
    this.lingerNanos = limits.lingerTimeout().toNanos();
    this.requestNanos = requestNanos;
    this.begunAt = now;
    this.activeAt = now;
    this.outputFineAt = now;
    this.restedAt = now;
  }

  /** The handshake, from the connection's begin. */
  @Nullable Ending ofHandshake(long now) {
    if (now - begunAt >= handshakeNanos) {
      return Ending.HANDSHAKE;
    }
    return now - begunAt >= idleNanos ? Ending.IDLE_HANDSHAKE : null;
  }

  /**
   * While it is served.
   *
   * @param active bytes moved, or we held them up ourselves
   * @param outputFine output moved, or there is little of it
   * @param busy the session is at work
   * @param silenceNanos without a byte that it allows then
   */
  @Nullable Ending ofService(
      long now, boolean active, boolean outputFine, boolean busy, long silenceNanos) {
    if (active) {
      activeAt = now;
    }
    if (outputFine) {
      outputFineAt = now;
    }
    if (!busy) {
      restedAt = now;
    }
    if (now - outputFineAt >= slowConsumerNanos) {
      return Ending.NO_PROGRESS;
    }
    // An answer that has just been given may not have left yet, and does so before the next tick.
    boolean justGiven = owed && !busy;
    owed = busy && (now - restedAt < requestNanos || now - activeAt < silenceNanos);
    return !owed && !justGiven && now - activeAt >= idleNanos ? Ending.IDLE : null;
  }

  /** A close that waits for the peer to take what was written: only that it does so counts. */
  @Nullable Ending ofFlush(long now, Object closing, boolean progressed) {
    if (since(now, closing) == now || progressed) {
      outputFineAt = now;
    }
    if (now - outputFineAt >= slowConsumerNanos) {
      return Ending.NO_PROGRESS;
    }
    return now - outputFineAt >= idleNanos ? Ending.IDLE : null;
  }

  /** A wait that only the peer can cut short, since it was first seen. */
  boolean lingeredOut(long now, Object lingering) {
    return now - since(now, lingering) >= lingerNanos;
  }

  private long since(long now, Object current) {
    if (current != state) {
      state = current;
      stateSince = now;
    }
    return stateSince;
  }
}
