// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.ScheduledTask;
import dev.sluice.api.SessionContext;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a connection ends when its node is about to stop: behind what is in hand, or after a while in
 * which a request may be under way from a client that does not know yet. On the connection's loop.
 */
final class DrainGrace {

  private final SessionContext context;
  private final Runnable over;

  private boolean begun;
  private Duration grace;
  private @Nullable ScheduledTask timer;

  /**
   * @param over called when the grace has passed
   */
  DrainGrace(SessionContext context, Runnable over) {
    this.context = context;
    this.over = over;
    // Made within the grace of a drain: its first request is its last.
    this.grace = context.drainIdleGrace();
    this.begun = !grace.isZero();
  }

  /** The node is about to stop, or to end this connection. */
  void begin(Duration idle) {
    grace = idle;
    begun = true;
  }

  /** The answer to the last request says that the connection ends. */
  boolean begun() {
    return begun;
  }

  /** Asked where nothing is in hand. False: there is no drain, or a request may still come. */
  boolean isOver() {
    if (!begun) {
      return false;
    }
    if (!grace.isZero() && timer == null) {
      timer = context.schedule(grace, this::passed);
    }
    return grace.isZero();
  }

  private void passed() {
    timer = null;
    over.run();
  }
}
