// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.session.netty.SessionChannel;

/**
 * How much of a connection's outgoing bodies waits for the peer's windows, against a bound of its
 * own and the node's budget of output. On the connection's loop.
 */
final class WaitingBodies {

  /** The node is told in steps: what leaves at once costs it nothing. */
  private static final int STEP = 64 << 10;

  /** So much may wait of a connection however full the node is. */
  private static final int ALWAYS = 64 << 10;

  private final SessionChannel channel;
  private final long most;
  private long waiting;
  private long told;
  private boolean nodeFull;

  WaitingBodies(SessionChannel channel, long most) {
    this.channel = channel;
    this.most = most;
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

  private void tell() {
    told = waiting;
    nodeFull = !channel.writer().keepsOutput(channel.connId(), waiting);
  }

  /** Whether more waits than the connection may have. */
  boolean overBound() {
    return waiting > most;
  }

  /** Whether more waits than the connection may have, or more than a little on a full node. */
  boolean full() {
    if (nodeFull && waiting > ALWAYS) {
      // Others may have made room since.
      tell();
    }
    return overBound() || (nodeFull && waiting > ALWAYS);
  }
}
