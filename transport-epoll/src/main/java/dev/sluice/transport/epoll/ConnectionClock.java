// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.transport.epoll.InterfaceOptions.ConnectionLimits;
import org.jspecify.annotations.Nullable;

/**
 * What of a connection's limits of time has run out. Fed by the loop's sweep, so that reads and
 * writes take no time stamps: an event counts from the sweep that saw it, never too early.
 */
final class ConnectionClock {

  private final long idleNanos;
  private final long handshakeNanos;
  private final long slowConsumerNanos;
  private final long acceptedAt;
  private long activeAt;
  private long outputFineAt;
  private long restedAt;

  ConnectionClock(ConnectionLimits limits, long now) {
    this.idleNanos = limits.idleTimeout().toNanos();
    this.handshakeNanos = limits.handshakeTimeout().toNanos();
    this.slowConsumerNanos = limits.slowConsumerTimeout().toNanos();
    this.acceptedAt = now;
    this.activeAt = now;
    this.outputFineAt = now;
    this.restedAt = now;
  }

  /**
   * @param active bytes moved, or we held them up ourselves
   * @param outputFine output moved, or there is little of it
   * @param busy the session is at work
   */
  void observe(long now, boolean active, boolean outputFine, boolean busy) {
    if (active) {
      activeAt = now;
    }
    if (outputFine) {
      outputFineAt = now;
    }
    if (!busy) {
      restedAt = now;
    }
  }

  /** Nanoseconds since accept; any thread. */
  long age(long now) {
    return now - acceptedAt;
  }

  /** The limit that has run out, or null. */
  @Nullable Ending verdict(long now, boolean established, long requestNanos) {
    if (!established) {
      if (now - acceptedAt >= handshakeNanos) {
        return Ending.HANDSHAKE;
      }
      return now - acceptedAt >= idleNanos ? Ending.IDLE_HANDSHAKE : null;
    }
    if (now - outputFineAt >= slowConsumerNanos) {
      return Ending.NO_PROGRESS;
    }
    boolean answerOwed = restedAt != now && now - restedAt < requestNanos;
    return !answerOwed && now - activeAt >= idleNanos ? Ending.IDLE : null;
  }
}
