// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Tells a session once that the node's drain has begun, and closes a connection that has none when
 * the grace is over.
 */
final class DrainNotice {

  private final SessionBridge bridge;
  private final SessionCalls calls;

  // Set by a drain that found no session, on any thread: closed at this time, unless there is one.
  private volatile @Nullable Long silentUntil;

  // In the session's order only.
  private boolean told;

  DrainNotice(SessionBridge bridge, SessionCalls calls) {
    this.bridge = bridge;
    this.calls = calls;
  }

  /** Any thread: the drain has begun. */
  void begin(Duration grace) {
    if (calls.session() != null) {
      calls.order().execute(this::tell);
    } else if (grace.isZero() && calls.hasProtocol() && !calls.ordered()) {
      bridge.close(Ending.DRAINED);
    } else {
      silentUntil = bridge.endpoint().connections().now() + grace.toNanos();
    }
  }

  /** On the loop. */
  void look(long now) {
    Long silent = silentUntil;
    if (silent != null && now - silent >= 0) {
      silentUntil = null;
      if (!bridge.choosing()) {
        endSilent();
      }
    }
  }

  /** Behind what waits for a session, so that nothing that a peer sent in time is lost. */
  private void endSilent() {
    if (!calls.ordered()) {
      bridge.close(Ending.DRAINED);
      return;
    }
    calls
        .order()
        .execute(
            () -> {
              if (calls.session() == null) {
                bridge.close(Ending.DRAINED);
              }
            });
  }

  /** In the session's order. */
  void tell() {
    Duration left = bridge.endpoint().drainLeft();
    if (!told && left != null) {
      told = true;
      bridge.tell(SessionTap.Event.DRAIN, left.toNanos());
      calls.callAlways(target -> target.drainRequested(left));
    }
  }
}
