// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.ScheduledTask;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Ends a connection that has had no request for the time that it may be idle, whatever else comes:
 * a client's PINGs ask for nothing. Sooner than the node would, which could not say GOAWAY (RFC
 * 9113, section 9.1). On the connection's loop; one timer, which requests do not touch.
 */
final class IdleEnd {

  private final Http2Server server;
  private final long idleNanos;

  private @Nullable ScheduledTask timer;
  private boolean resting;
  private long restingSince;
  private boolean stopped;

  IdleEnd(Http2Server server, Duration idle) {
    this.server = server;
    this.idleNanos = idle.toNanos();
  }

  /** Whether requests are under way; told whenever that may have changed. */
  void owes(boolean something) {
    if (something) {
      resting = false;
    } else if (!resting && !stopped) {
      resting = true;
      restingSince = server.now();
      if (timer == null) {
        watch(idleNanos);
      }
    }
  }

  private void watch(long nanos) {
    timer = server.schedule(Duration.ofNanos(nanos), this::look);
  }

  private void look() {
    timer = null;
    if (!resting || stopped) {
      return;
    }
    long left = restingSince + idleNanos - server.now();
    if (left > 0) {
      watch(left);
    } else {
      server.endIdle();
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
}
