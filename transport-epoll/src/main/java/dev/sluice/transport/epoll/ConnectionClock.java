// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.CloseReason;
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
    this.handshakeNanos = Math.min(limits.handshakeTimeout().toNanos(), idleNanos);
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

  /** The reason to close, or null. */
  @Nullable CloseReason verdict(long now, boolean established, long requestNanos) {
    if (!established) {
      return now - acceptedAt >= handshakeNanos ? CloseReason.HANDSHAKE_TIMEOUT : null;
    }
    if (now - outputFineAt >= slowConsumerNanos) {
      return CloseReason.SLOW_CONSUMER;
    }
    boolean answerOwed = restedAt != now && now - restedAt < requestNanos;
    return !answerOwed && now - activeAt >= idleNanos ? CloseReason.IDLE_TIMEOUT : null;
  }
}
