// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.ArrayList;
import java.util.Comparator;
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
  private final OutboundBudget outbound;
  private final Set<SessionBridge> bridges = new LinkedHashSet<>();
  private final List<SessionBridge> visiting = new ArrayList<>();

  /**
   * What the connections of one loop hold.
   *
   * @param largest the one that holds the most; null where none holds anything
   * @param most how much that is
   * @param all what they hold together
   */
  record Held(@Nullable SessionBridge largest, long most, long all) {

    static final Held NOTHING = new Held(null, 0, 0);
  }

  Sweep(InboundBudget inbound, OutboundBudget outbound) {
    this.inbound = inbound;
    this.outbound = outbound;
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
    long all = 0;
    try {
      for (SessionBridge bridge : visiting) {
        try {
          bridge.tick(now);
        } catch (Throwable thrown) {
          bridge.failedWithin(thrown);
        }
        long held = bridge.heldInput().bytes();
        all += held;
        if (held > most && !bridge.gone()) {
          largest = bridge;
          most = held;
        }
      }
    } finally {
      visiting.clear();
    }
    SessionBridge shed = inbound.shed(this, new Held(largest, most, all), now);
    if (shed != null) {
      shed.abort(Ending.NODE_INPUT);
    }
    if (outbound.exhausted()) {
      shedOutput(now);
    }
  }

  /**
   * A single write may be as large as it likes, so that many peers who do not read fill the node
   * however little each may have queued. Those go first that have let the most stand still for
   * longest: else those would end who read, and only write at the wrong time.
   */
  private void shedOutput(long now) {
    List<Standing> standing = new ArrayList<>();
    for (SessionBridge bridge : bridges) {
      long stands = bridge.outputStandsFor(now);
      if (stands >= OutboundBudget.STALLED_NANOS) {
        standing.add(new Standing(bridge, bridge.outputQueued(), stands));
      }
    }
    standing.sort(Comparator.comparingDouble(Standing::worth).reversed());
    long excess = outbound.excess();
    for (Standing worst : standing) {
      if (excess <= 0) {
        return;
      }
      excess -= worst.bytes();
      worst.bridge().abort(Ending.NODE_OUTPUT);
    }
  }

  /** What a peer lets stand still. */
  private record Standing(SessionBridge bridge, long bytes, long nanos) {

    double worth() {
      return (double) bytes * nanos;
    }
  }
}
