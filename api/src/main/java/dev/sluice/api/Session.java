// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

import io.netty.buffer.ByteBuf;
import java.time.Duration;

/**
 * One connection as its protocol sees it: plaintext bytes in, and the few things that can happen.
 *
 * <p><b>Threads.</b> Calls into one session never overlap and keep their order; each sees what the
 * one before wrote. {@link CustomProtocolSubsystem#execution()} says on which threads. Calls into
 * different sessions run at the same time.
 *
 * <p><b>Buffers.</b> A buffer passed in is borrowed: valid during the call, released by the caller.
 * A session that wants to keep it calls {@code retain()} and releases it later. A session that does
 * nothing special leaks nothing.
 *
 * <p><b>Failure.</b> What a method throws costs this connection only: it is counted, and the
 * connection closed with {@link CloseReason#PROTOCOL_ERROR}. The first failure of each kind on an
 * interface is logged at WARN with its stack, all others below INFO.
 */
public interface Session {

  /**
   * Plaintext bytes have arrived, in the order that the peer sent them and split anywhere.
   *
   * <p>The buffer is only lent. A session that releases it, or passes it to {@link
   * SessionWriter#writeOutbound} without {@code retain()}, has given away what it does not own: its
   * connection is closed with {@link CloseReason#PROTOCOL_ERROR}.
   *
   * <p>Not called after this session asked for a close; at most 64 KiB or so before the next {@link
   * #incomingComplete}. Until the call returns the bytes count against the connection's and the
   * node's inbound budgets; for what is kept beyond it, see {@link SessionWriter#hold}.
   *
   * @param data borrowed; never empty on TCP, one whole datagram (which may be empty) on UDP
   */
  void handleIncomingData(ByteBuf data);

  /**
   * Asks to send raw protocol bytes that come from outside the session, see {@code replyAsync} of
   * the node. Most protocols write them as they are; one whose answers have an order may queue or
   * refuse them. By default they are refused.
   *
   * @param data borrowed: a session that passes it on to {@link SessionWriter#writeOutbound} passes
   *     {@code data.retain()}; never empty on TCP, one whole datagram (which may be empty) on UDP
   * @return {@code false}: refused, nothing was or will be sent
   */
  default boolean sendData(ByteBuf data) {
    return false;
  }

  /**
   * The node asks the session to end: finish what is in hand, write what is owed, then call {@link
   * SessionWriter#closeSocket}. May come more than once, and after the session asked for a close
   * itself.
   */
  void closeSession();

  /**
   * The end of a pass of reading: no more {@link #handleIncomingData} follows at once. A good
   * moment to write what was gathered; what was written until it returns goes out in one flush.
   */
  default void incomingComplete() {}

  /**
   * The peer has ended its sending side, under TLS by close_notify, and may still read. All that it
   * sent was delivered before. A peer that ends a TLS connection without close_notify has broken it
   * off: then this is not called, and the connection ends.
   *
   * <p>By default the session is {@linkplain #closeSession() asked to end}.
   */
  default void inputClosed() {
    closeSession();
  }

  /**
   * The node is going to stop. Finish the requests in hand, begin no new one, close when done; what
   * is open at the deadline is aborted.
   *
   * <p>By default the session is {@linkplain #closeSession() asked to end} at once.
   *
   * @param deadline how long from now the node waits
   */
  default void drainRequested(Duration deadline) {
    closeSession();
  }

  /**
   * {@link SessionWriter#isWritable} has changed. What came and went between two calls is told
   * once, as writable, so that a session which held back goes on.
   *
   * @param writable {@code false}: hold back; {@code true}: go on
   */
  default void writabilityChanged(boolean writable) {}

  /**
   * The connection is gone. Always the final call, exactly once, whatever path the close took.
   * Release what was kept here.
   *
   * @param reason why, as it stands in the node's records
   */
  default void connectionClosed(CloseReason reason) {}
}
