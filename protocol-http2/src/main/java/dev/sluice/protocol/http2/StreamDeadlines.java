// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.protocol.http.DeadlineTimer;
import dev.sluice.protocol.http.HttpProblem;

/**
 * A stream's limits of time: a body that comes too slowly, an application that does not answer, an
 * answer that the client does not take. Looked at by the connection's timer.
 */
final class StreamDeadlines {

  private final Http2Exchange exchange;
  private final HttpConfiguration limits;

  // When what is under way was seen first; true beside it once it was.
  private boolean bodySeen;
  private long bodySince;
  private long bodyBytes;
  private boolean heldSeen;
  private long heldSince;
  private boolean stallSeen;
  private long stallSince;
  private long answerBytes;
  private long moved;

  StreamDeadlines(Http2Exchange exchange, HttpConfiguration limits) {
    this.exchange = exchange;
    this.limits = limits;
  }

  void bodyMoved(int bytes) {
    bodyBytes += bytes;
    moved += bytes;
  }

  /** The application takes it again. */
  void bodyReleased() {
    heldSeen = false;
  }

  void answerMoved(int bytes) {
    answerBytes += bytes;
    moved += bytes;
  }

  /**
   * A look at the time.
   *
   * @param partial bytes of a DATA frame of this stream that has not come whole
   */
  void look(long now, int partial) {
    lookAtBody(now, partial);
    if (exchange.complete()) {
      lookAtStall(now);
      return;
    }
    boolean heldTooLong = heldSeen && now - heldSince >= limits.requestTimeout().toNanos();
    boolean late = exchange.requestRead() ? exchange.timeLeft().isZero() : heldTooLong;
    if (late && !exchange.begun()) {
      exchange.expired();
    }
    lookAtStall(now);
    if (!exchange.complete() && exchange.own().areOver(now, moved + partial)) {
      exchange.rested();
    }
  }

  private void lookAtBody(long now, int partial) {
    boolean coming = !exchange.requestRead();
    boolean held = coming && exchange.bodyHeld();
    if (!held) {
      heldSeen = false;
    } else if (!heldSeen) {
      heldSeen = true;
      heldSince = now;
    }
    boolean byNode = exchange.connection().heldByNode();
    if (!coming || held || byNode || (exchange.begun() && !exchange.complete())) {
      // While its answer is under way it is a conversation, which may be silent for long.
      bodySeen = false;
    } else if (!bodySeen) {
      bodySeen = true;
      bodySince = now;
      bodyBytes = 0;
    } else if (now - bodySince >= limits.bodyTimeout().toNanos()) {
      bodySeen = false;
      if (bodyBytes + partial < least(limits.bodyTimeout().toNanos())) {
        exchange.refuseFor(HttpProblem.REQUEST_TIMEOUT);
      }
    }
  }

  private void lookAtStall(long now) {
    if (!exchange.blocked()) {
      stallSeen = false;
    } else if (!stallSeen) {
      stallSeen = true;
      stallSince = now;
      answerBytes = 0;
    } else if (now - stallSince >= limits.responseStallTimeout().toNanos()) {
      stallSeen = false;
      if (answerBytes < least(limits.responseStallTimeout().toNanos())) {
        exchange.stalled();
      }
    }
  }

  private long least(long nanos) {
    return DeadlineTimer.least(limits.minBodyRate().bytes(), nanos);
  }
}
