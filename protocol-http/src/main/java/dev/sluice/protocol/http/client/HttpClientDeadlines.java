// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.SessionContext;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;

/**
 * The clock of a connection's calls: one timer for all of them, which runs while there are any. On
 * the connection's loop.
 */
public final class HttpClientDeadlines {

  private static final Duration TICK = Duration.ofMillis(100);

  private final SessionContext context;
  private final Supplier<List<? extends HttpClientExchange>> pending;
  private boolean watching;

  /**
   * A clock that stands still until it is told to {@link #watch}.
   *
   * @param context of the connection
   * @param pending the calls that have not ended, in a list of the caller's own
   */
  public HttpClientDeadlines(
      SessionContext context, Supplier<List<? extends HttpClientExchange>> pending) {
    this.context = context;
    this.pending = pending;
  }

  /** There is a call; costs nothing where the clock runs already. */
  public void watch() {
    if (!watching) {
      watching = true;
      context.schedule(TICK, this::look);
    }
  }

  private void look() {
    watching = false;
    List<? extends HttpClientExchange> calls = pending.get();
    long now = context.nanoTime();
    for (HttpClientExchange call : calls) {
      call.checkTime(now);
    }
    if (!calls.isEmpty()) {
      watch();
    }
  }
}
