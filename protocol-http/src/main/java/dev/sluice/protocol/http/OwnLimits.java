// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.rpc.RequestLimits;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What an application has of its own for one request, as far as it is about time and not a part of
 * the interface's {@code http_configuration}. On the connection's loop.
 */
public final class OwnLimits {

  /** Of requests that have none. */
  static final OwnLimits NONE = new OwnLimits(RequestLimits.OF_INTERFACE);

  private final RequestLimits limits;
  private final @Nullable Duration idle;
  private boolean seen;
  private long movedBefore;
  private long since;

  OwnLimits(RequestLimits limits) {
    this.limits = limits;
    this.idle = limits.idleTimeout().orElse(null);
  }

  /**
   * For how long the request lets its connection be silent.
   *
   * @return zero where the interface decides
   */
  public Duration silence() {
    return limits.silence();
  }

  /**
   * For how long neither the request nor its answer has to move.
   *
   * @param otherwise where it has no such limit
   * @return the time
   */
  public Duration idleTimeout(Duration otherwise) {
    return idle == null ? otherwise : idle;
  }

  /**
   * A look at the time: whether the request and its answer have rested for too long.
   *
   * @param now as {@link dev.sluice.api.SessionContext#nanoTime} has it
   * @param moved bytes of both so far, or any number that grows with them
   * @return {@code false} also where the application allows any time
   */
  public boolean areOver(long now, long moved) {
    if (idle == null) {
      return false;
    }
    if (!seen || moved != movedBefore) {
      seen = true;
      movedBefore = moved;
      since = now;
    }
    return now - since >= idle.toNanos();
  }
}
