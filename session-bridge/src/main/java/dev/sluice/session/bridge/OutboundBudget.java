// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Bytes of output that wait for the kernel, or that sessions keep, on all connections together.
 * Connections settle their share in steps, so the sum is right to some kilobytes a connection. Any
 * thread.
 */
final class OutboundBudget {

  /** Connections settle in steps of this, so that small writes do not touch the sum. */
  static final int STEP = 16 << 10;

  /** Less than this stands still on every node: a megabyte for a second, in bytes and micros. */
  private static final long STANDS_STILL = (1L << 20) * 1_000_000;

  /** How long a peer of a full node may take nothing while more waits for it than its mark. */
  static final long STALLED_NANOS = 2_000_000_000L;

  private final long limit;

  /** What keeps something. */
  private final Set<DeclaredShares> keepers = ConcurrentHashMap.newKeySet();

  private final AtomicLong used = new AtomicLong();
  private final AtomicLong kept = new AtomicLong();
  private final PaddedFlag exhausted = new PaddedFlag();
  private final PaddedFlag strained = new PaddedFlag();

  OutboundBudget(long limit) {
    this.limit = limit;
  }

  void add(long bytes) {
    long now = used.addAndGet(bytes);
    if (now > limit != exhausted.isSet() || now > limit / 2 != strained.isSet()) {
      do {
        now = used.get();
        exhausted.set(now > limit);
        strained.set(now > limit / 2);
      } while (now != used.get());
    }
  }

  /** Sessions keep more than before, or less; it is a part of what is used. */
  void keep(long bytes) {
    kept.addAndGet(bytes);
    add(bytes);
  }

  /**
   * What is left of the half that sessions may keep: that alone must not make the node so full that
   * whoever has written ends for it.
   */
  long roomToKeep() {
    return limit / 2 - kept.get();
  }

  void keeps(DeclaredShares keeper, boolean something) {
    if (something) {
      keepers.add(keeper);
    } else {
      keepers.remove(keeper);
    }
  }

  /**
   * Ends those that let the most stand still for longest until there is so much room, but none that
   * is not worse than the one that asks. What they kept is counted no longer at once, and is given
   * back soon.
   *
   * @return what is left of the half
   */
  long makeRoom(DeclaredShares asking, long room, long now) {
    while (roomToKeep() < room) {
      @Nullable DeclaredShares worst = null;
      long most = Math.max(STANDS_STILL, asking.standing(now));
      for (DeclaredShares keeper : keepers) {
        long standing = keeper.standing(now);
        if (standing > most) {
          worst = keeper;
          most = standing;
        }
      }
      if (worst == null || worst == asking) {
        break;
      }
      worst.shed();
    }
    return roomToKeep();
  }

  /** How much more there is than the limit; negative where there is room. */
  long excess() {
    return used.get() - limit;
  }

  long used() {
    return used.get();
  }

  boolean exhausted() {
    return exhausted.isSet();
  }

  /** Past half: time for connections over their own mark to stop producing. */
  boolean strained() {
    return strained.isSet();
  }
}
