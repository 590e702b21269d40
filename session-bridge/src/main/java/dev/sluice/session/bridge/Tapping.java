// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/** Tells a tap of its session, and keeps what it throws from the connection. */
final class Tapping {

  private final SessionBridge bridge;

  // Null once enough was heard; told on several threads, so that each sees when another has ended.
  private volatile @Nullable SessionTap tap;

  private Tapping(SessionBridge bridge, SessionTap tap) {
    this.bridge = bridge;
    this.tap = tap;
  }

  /** A call of a tap. */
  private interface Call {
    boolean tell(SessionTap tap);
  }

  /** Asks whether anybody wants to hear the session that is about to be made. */
  static @Nullable Tapping of(SessionBridge bridge, SessionTaps.Opening opening) {
    Connections connections = bridge.endpoint().connections();
    SessionTaps taps = connections.taps();
    if (taps == null) {
      return null;
    }
    try {
      SessionTap tap = taps.tap(opening, connections.now());
      return tap == null ? null : new Tapping(bridge, tap);
    } catch (Throwable thrown) {
      told(bridge, thrown);
      return null;
    }
  }

  long now() {
    return bridge.endpoint().connections().now();
  }

  void delivered(ByteBuf data) {
    tell(hears -> hears.delivered(now(), data));
  }

  void outside(ByteBuf data) {
    tell(hears -> hears.outside(now(), data));
  }

  /**
   * @param at when another thread wrote it, by {@link #now}; 0: now
   */
  void written(long at, ByteBuf data) {
    tell(hears -> hears.written(at == 0 ? now() : at, data));
  }

  void event(SessionTap.Event what, long amount) {
    tell(hears -> hears.event(now(), what, amount));
  }

  void ended(Ending ending) {
    tell(
        hears -> {
          hears.ended(now(), ending);
          return false;
        });
  }

  private void tell(Call call) {
    SessionTap hears = tap;
    if (hears == null) {
      return;
    }
    try {
      if (!call.tell(hears)) {
        tap = null;
      }
    } catch (Throwable thrown) {
      tap = null;
      told(bridge, thrown);
      try {
        hears.failed(thrown);
      } catch (Throwable again) {
        told(bridge, again);
      }
    }
  }

  private static void told(SessionBridge bridge, Throwable thrown) {
    bridge.endpoint().metrics().error(EndpointMetrics.Errors.INTERNAL);
    bridge.debug("a tap failed", thrown);
  }
}
