// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.ScheduledTask;
import dev.sluice.api.rpc.HttpConfiguration;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A connection's limits of time, those of its streams included. One timer a connection, and only
 * while something is under way: requests that are read and answered within a pass cost nothing
 * here.
 */
final class ConnectionDeadlines {

  private static final long SHORTEST_TICK = Duration.ofMillis(20).toNanos();
  private static final long LONGEST_TICK = Duration.ofSeconds(1).toNanos();

  private final Http2Server server;
  private final long headerNanos;

  /** What the interface needs, or an application of its own. */
  private Duration tick;

  private @Nullable ScheduledTask timer;
  private boolean stopped;

  // When a frame that has not come whole was seen first; true beside it once it was.
  private boolean headSeen;
  private long headSince;
  private long wholeBefore;

  ConnectionDeadlines(Http2Server server, HttpConfiguration limits) {
    this.server = server;
    this.headerNanos = limits.headerTimeout().toNanos();
    this.tick = Duration.ofNanos(LONGEST_TICK);
    lookFor(limits.headerTimeout());
    lookFor(limits.bodyTimeout());
    lookFor(limits.requestTimeout());
    lookFor(limits.responseStallTimeout());
  }

  /** A limit that is to be seen soon after it is over. */
  void lookFor(Duration limit) {
    long quarter = limit.toNanos() / 4;
    if (quarter < tick.toNanos()) {
      tick = Duration.ofNanos(Math.max(SHORTEST_TICK, quarter));
    }
  }

  /** Something is under way. */
  void watch() {
    if (timer == null && !stopped) {
      timer = server.schedule(tick, this::tick);
    }
  }

  void stop() {
    stopped = true;
    ScheduledTask running = timer;
    timer = null;
    if (running != null) {
      running.cancel();
    }
  }

  private void tick() {
    timer = null;
    long now = System.nanoTime();
    if (!server.headUnfinished()) {
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
    if (server.watched()) {
      watch();
    }
  }
}
