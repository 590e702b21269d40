// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.ConnId;
import dev.sluice.api.SessionWriter;

/**
 * How much of a connection's output waits for leave to go, its peer's or that of an answer before
 * it, against a bound of its own and the node's budget of output. All that waits on all connections
 * may come to half of that budget; the last eighth is for connections of which little waits. On the
 * connection's loop, but for {@link #strained}.
 */
public final class WaitingOutput {

  /** What is counted where something found more waiting than may be. */
  public static final String TOO_MUCH = "answers_waiting";

  /** The node is told in steps: what leaves at once costs it nothing. */
  private static final int STEP = 64 << 10;

  /** So much may wait of a connection however full the node is. */
  private static final int ALWAYS = 64 << 10;

  private final ConnId id;
  private final SessionWriter writer;
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
   * @param id of the connection
   * @param writer of the connection
   * @param most bytes that may wait of it
   * @param eased called when {@link #strained} is over, within whatever has led to that
   */
  public WaitingOutput(ConnId id, SessionWriter writer, long most, Runnable eased) {
    this.id = id;
    this.writer = writer;
    this.most = most;
    this.eased = eased;
    this.spared = writer.context(id).outboundQueueLimit() / 8;
  }

  /**
   * So many bytes wait.
   *
   * @param bytes more than before
   */
  public void add(int bytes) {
    waiting += bytes;
    if (waiting - told >= STEP) {
      tell();
    }
  }

  /**
   * So many bytes wait no longer.
   *
   * @param bytes less than before
   */
  public void less(int bytes) {
    waiting -= bytes;
    if (told - waiting >= STEP || (waiting == 0 && told != 0)) {
      tell();
    }
  }

  /** What of the node's room is left. */
  private long tell() {
    told = waiting;
    long room = writer.keepsOutput(id, waiting);
    boolean before = strained;
    strained = waiting > ALWAYS && room < spared;
    if (before && !strained) {
      eased.run();
    }
    return room;
  }

  /**
   * Whether what is there as a whole may wait: the connection has not more waiting than it may, and
   * the node has room, of which the last is for connections with little waiting. Others that are
   * worse may end for it.
   *
   * @param bytes of it
   * @param window that its peer has opened for it: they need not wait
   * @return false: it is to be dropped
   */
  public boolean takes(int bytes, int window) {
    if (waiting > most) {
      return false;
    }
    long waits = bytes - (long) Math.max(0, window);
    if (waits <= 0 || waiting + waits <= ALWAYS) {
      return true;
    }
    // Measured against what waits before it: one may be larger than all that the node has room for.
    long needed = waiting <= ALWAYS ? Math.min(waits, spared) : spared;
    return tell() >= needed || writer.wantsRoom(id, needed) >= needed;
  }

  /**
   * Whether nothing is to be begun that may have to wait, since the node has little room.
   *
   * @return asks the node
   */
  public boolean nodeIsFull() {
    return tell() < spared;
  }

  /**
   * Whether more waits than the connection may have.
   *
   * @return its own bound alone
   */
  public boolean overBound() {
    return waiting > most;
  }

  /**
   * Whether those who write ought to wait until some of it has gone, since the node has no room.
   * Any thread.
   *
   * @return as of the last step
   */
  public boolean strained() {
    return strained;
  }
}
