// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.SessionContext;
import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.protocol.http.DeadlineTimer;

/**
 * A connection's limits of time: what the node's idle timeout can't see, which is a client that
 * sends a byte now and then, and an application that never answers.
 */
final class Deadlines extends DeadlineTimer {

  private final Http1Session session;
  private final long headerNanos;
  private final long bodyNanos;

  // When what is under way was seen first; true beside it once it was.
  private boolean headSeen;
  private long headSince;
  private boolean bodySeen;
  private long bodySince;
  private long bodyBytes;
  private boolean heldSeen;
  private long heldSince;

  Deadlines(Http1Session session, SessionContext context, HttpConfiguration limits) {
    super(context, limits);
    this.session = session;
    this.headerNanos = limits.headerTimeout().toNanos();
    this.bodyNanos = limits.bodyTimeout().toNanos();
  }

  void headRead() {
    headSeen = false;
  }

  void bodyBegins() {
    bodySeen = false;
    heldSeen = false;
  }

  void bodyMoved(int bytes) {
    bodyBytes += bytes;
    heldSeen = false;
  }

  /** Something is under way. */
  void watch() {
    if (!stopped()) {
      see(now());
      run();
    }
  }

  @Override
  protected boolean watched() {
    return session.watched();
  }

  @Override
  protected void look(long now) {
    see(now);
    if (headSeen && session.headBegun() && now - headSince >= headerNanos) {
      headSeen = false;
      session.requestTooSlow();
    } else if (bodySeen && session.bodyExpected() && now - bodySince >= bodyNanos) {
      if (bodyBytes < least(session.minBodyRate(), bodyNanos)) {
        session.requestTooSlow();
      }
      bodySeen = false;
    }
    session.lookAtRequests(now, heldSeen ? now - heldSince : 0);
    if (session.watched()) {
      see(now);
    }
  }

  private void see(long now) {
    if (session.heldByNode()) {
      headSeen = false;
    } else if (!headSeen && session.headBegun()) {
      headSeen = true;
      headSince = now;
    }
    if (!session.bodyExpected()) {
      bodySeen = false;
    } else if (!bodySeen) {
      bodySeen = true;
      bodySince = now;
      bodyBytes = 0;
    }
    if (!session.bodyHeldBack()) {
      heldSeen = false;
    } else if (!heldSeen) {
      heldSeen = true;
      heldSince = now;
    }
  }
}
