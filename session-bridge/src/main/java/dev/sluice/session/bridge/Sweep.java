// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Passes the time on to all connections of one loop, in place of a timer each. On the loop, whose
 * transport calls {@link #tick} a few times a second.
 */
public final class Sweep {

  private final InboundBudget inbound;
  private final Set<SessionBridge> bridges = new LinkedHashSet<>();
  private final List<SessionBridge> visiting = new ArrayList<>();

  Sweep(InboundBudget inbound) {
    this.inbound = inbound;
  }

  void add(SessionBridge bridge) {
    bridges.add(bridge);
  }

  void remove(SessionBridge bridge) {
    bridges.remove(bridge);
  }

  /**
   * How many connections the loop has.
   *
   * @return elsewhere than on the loop it may be a little old
   */
  public int size() {
    return bridges.size();
  }

  /**
   * Looks at every connection once. What one of them throws costs that one alone.
   *
   * @param now by the loop's ticker
   */
  public void tick(long now) {
    // A look may close a connection, which removes it from the set.
    visiting.addAll(bridges);
    @Nullable SessionBridge largest = null;
    long most = 0;
    try {
      for (SessionBridge bridge : visiting) {
        try {
          bridge.tick(now);
        } catch (Throwable thrown) {
          bridge.failedWithin(thrown);
        }
        long held = bridge.heldInput().bytes();
        if (held > most && !bridge.gone()) {
          largest = bridge;
          most = held;
        }
      }
    } finally {
      visiting.clear();
    }
    if (largest != null && inbound.claimShedding(now)) {
      largest.abort(Ending.NODE_INPUT);
    }
  }
}
