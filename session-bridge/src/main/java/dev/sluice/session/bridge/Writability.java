// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Tells a session that its output has gone over the mark, or back below: each change once, and what
 * came and went between two calls as writable.
 */
final class Writability extends AtomicBoolean implements Runnable {
  private static final long serialVersionUID = 1;

  // The value: it went over. Set by whoever crossed the mark, on any thread; read and cleared in
  // the session's order.

  private final transient SessionBridge bridge;
  private final transient SessionCalls calls;

  // In the session's order only.
  private boolean told = true;

  Writability(SessionBridge bridge, SessionCalls calls) {
    this.bridge = bridge;
    this.calls = calls;
  }

  /** Any thread; the call itself comes by {@link #run}. */
  void changed(boolean writable) {
    if (!writable) {
      set(true);
    }
  }

  /** In the session's order. */
  @Override
  public void run() {
    boolean went = getAndSet(false);
    boolean writable = bridge.writable();
    // A session that saw itself not writable, and holds back, must hear when that has passed.
    if (writable != told || (went && writable)) {
      told = writable;
      bridge.tell(writable ? SessionTap.Event.WRITABLE : SessionTap.Event.NOT_WRITABLE, 0);
      calls.callUnlessClosing(target -> target.writabilityChanged(writable));
    }
  }
}
