// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.protocol.http.DeadlineTimer;

/** A connection's limits of time, those of its streams included. */
final class ConnectionDeadlines extends DeadlineTimer {

  private final Http2Server server;
  private final long headerNanos;

  // When a frame that has not come whole was seen first; true beside it once it was.
  private boolean headSeen;
  private long headSince;
  private long wholeBefore;

  ConnectionDeadlines(Http2Server server, HttpConfiguration limits) {
    super(server.context(), limits);
    this.server = server;
    this.headerNanos = limits.headerTimeout().toNanos();
    lookFor(limits.responseStallTimeout());
  }

  @Override
  protected boolean watched() {
    return server.watched();
  }

  @Override
  protected void look(long now) {
    if (!server.headUnfinished() || server.context().heldByNode()) {
      headSeen = false;
    } else if (!headSeen || server.framesWhole() != wholeBefore) {
      headSeen = true;
      headSince = now;
      wholeBefore = server.framesWhole();
    } else if (now - headSince >= headerNanos) {
      server.headTooSlow();
      return;
    }
    server.lookAtStreams(now);
  }
}
