// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.session.netty.SessionChannel;

/**
 * How much of a connection's outgoing bodies waits for the peer's windows, against a bound of its
 * own and the node's budget of output. All that waits on all connections may come to half of that
 * budget; the last eighth is for connections of which little waits. On the connection's loop, but
 * for {@link #strained}.
 */
final class WaitingBodies {

  /** The node is told in steps: what leaves at once costs it nothing. */
  private static final int STEP = 64 << 10;

  /** So much may wait of a connection however full the node is. */
  private static final int ALWAYS = 64 << 10;

  private final SessionChannel channel;
  private final long most;
  private final Runnable eased;
  private final long spared;
  private long waiting;
  private long told;

  // Written on the loop; read by any thread that asks whether to write.
  private volatile boolean strained;

  /**
   * Of a new connection.
   *
   * @param most bytes that may wait of it
   * @param eased called when {@link #strained} is over, within whatever has led to that
   */
  WaitingBodies(SessionChannel channel, long most, Runnable eased) {
    this.channel = channel;
    this.most = most;
    this.eased = eased;
    this.spared = channel.context().outboundQueueLimit() / 8;
  }

  void add(int bytes) {
    waiting += bytes;
    if (waiting - told >= STEP) {
      tell();
    }
  }

  void less(int bytes) {
    waiting -= bytes;
    if (told - waiting >= STEP || (waiting == 0 && told != 0)) {
      tell();
    }
  }

  /** What of the node's room is left. */
  private long tell() {
    told = waiting;
    long room = channel.writer().keepsOutput(channel.connId(), waiting);
    boolean before = strained;
    strained = waiting > ALWAYS && room < spared;
    if (before && !strained) {
      eased.run();
    }
    return room;
  }

  /**
   * Whether a body that is there as a whole may wait: the connection has not more waiting than it
   * may, and the node has room, of which the last is for connections with little waiting.
   *
   * @param bytes of it
   * @param window that its peer has opened for it: they need not wait
   */
  boolean takes(int bytes, int window) {
    if (waiting > most) {
      return false;
    }
    long waits = bytes - (long) Math.max(0, window);
    if (waits <= 0 || waiting + waits <= ALWAYS) {
      return true;
    }
    // Measured against what waits before it: one may be larger than all that the node has room for.
    return tell() >= (waiting <= ALWAYS ? Math.min(waits, spared) : spared);
  }

  /** Whether more waits than the connection may have. */
  boolean overBound() {
    return waiting > most;
  }

  /**
   * Whether those who write ought to wait until some of it has gone, since the node has no room.
   * Any thread.
   */
  boolean strained() {
    return strained;
  }
}
