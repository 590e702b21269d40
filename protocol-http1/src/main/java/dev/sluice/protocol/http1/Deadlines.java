// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.ScheduledTask;
import dev.sluice.api.rpc.HttpConfiguration;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A connection's limits of time (what the node's idle timeout can't see: a client that sends a byte
 * now and then, an application that never answers). One timer a connection, and only while
 * something is under way: requests that are read and answered within a pass cost nothing here.
 */
final class Deadlines {

  private static final long SHORTEST_TICK = Duration.ofMillis(20).toNanos();
  private static final long LONGEST_TICK = Duration.ofSeconds(1).toNanos();

  private static final double NANOS = 1e9;

  private final Http1Session session;
  private final long headerNanos;
  private final long bodyNanos;

  /** What the interface needs, or an application of its own. */
  private Duration tick;

  private @Nullable ScheduledTask timer;
  private boolean stopped;

  // When what is under way was seen first; true beside it once it was.
  private boolean headSeen;
  private long headSince;
  private boolean bodySeen;
  private long bodySince;
  private long bodyBytes;
  private boolean heldSeen;
  private long heldSince;

  Deadlines(Http1Session session, HttpConfiguration limits) {
    this.session = session;
    this.headerNanos = limits.headerTimeout().toNanos();
    this.bodyNanos = limits.bodyTimeout().toNanos();
    this.tick = Duration.ofNanos(LONGEST_TICK);
    lookFor(limits.headerTimeout());
    lookFor(limits.bodyTimeout());
    lookFor(limits.requestTimeout());
  }

  /** A limit that is to be seen soon after it is over. */
  void lookFor(Duration limit) {
    long quarter = limit.toNanos() / 4;
    if (quarter < tick.toNanos()) {
      tick = Duration.ofNanos(Math.max(SHORTEST_TICK, quarter));
    }
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
    if (!stopped) {
      look(System.nanoTime());
      if (timer == null) {
        timer = session.schedule(tick, this::tick);
      }
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
    look(now);
    if (headSeen && session.headBegun() && now - headSince >= headerNanos) {
      headSeen = false;
      session.requestTooSlow();
    } else if (bodySeen && session.bodyExpected() && now - bodySince >= bodyNanos) {
      if (bodyBytes < Math.ceil(session.minBodyRate() * (bodyNanos / NANOS))) {
        session.requestTooSlow();
      }
      bodySeen = false;
    }
    session.lookAtRequests(now, heldSeen ? now - heldSince : 0);
    if (session.watched()) {
      watch();
    }
  }

  private void look(long now) {
    if (!headSeen && session.headBegun()) {
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
