// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

import io.netty.buffer.ByteBuf;

/**
 * A session's way back to its connection.
 *
 * <p><b>Threads.</b> Every method may be called from any thread, never blocks, and returns before
 * its effect is visible to the peer. Calls of one thread take effect in their order, {@code
 * closeSocket} after the writes before it. A call from within the session's own order on {@link
 * Execution#EVENT_LOOP} costs no queue and no wake-up; a burst from another thread costs one.
 *
 * <p><b>Ids.</b> A writer is bound to its connection. With another connection's id every method
 * does nothing and answers {@code false}; {@link #context} throws. The id is passed so that a
 * session which confuses two connections is caught instead of answering the wrong peer.
 */
public interface SessionWriter {

  /**
   * Queues bytes for the peer. They leave at the end of the read pass, or soon after.
   *
   * <p>A protocol that writes while {@link #isWritable} is {@code false} is tolerated up to a hard
   * bound; a write that finds more than that queued closes the connection with {@link
   * CloseReason#SLOW_CONSUMER}.
   *
   * <p>A buffer that was released already can't be sent, and what comes behind it would be wrong:
   * the connection is aborted with {@link CloseReason#PROTOCOL_ERROR}, and the answer is {@code
   * false}. The same happens where a buffer is released after it was written and before it has
   * left.
   *
   * <p>A buffer is written once. What is to be written again, or to another connection as well, is
   * written as a duplicate of its own each time ({@link ByteBuf#retainedDuplicate}): two writes of
   * one buffer would share its reader index, and the second would find nothing left to read.
   *
   * <p>On UDP each call sends one datagram, the empty one too, to the peer's address and from the
   * one that it wrote to. One larger than the interface's {@code max_datagram_size}, or more than
   * an unproven peer may be sent, is refused and counted. With that bound of bytes queued it is
   * lost, and counted.
   *
   * @param id this connection
   * @param data ownership passes to this method in every case
   * @return {@code false}: the connection is closing or gone, the datagram was refused, or there is
   *     no buffer any more; what there was of it was released. {@code true}: queued; on UDP it may
   *     still be lost on the way
   */
  boolean writeOutbound(ConnId id, ByteBuf data);

  /**
   * As {@link #writeOutbound(ConnId, ByteBuf)}, and tells what became of the bytes.
   *
   * @param id this connection
   * @param data ownership passes to this method in every case
   * @param completion called once if the answer is {@code true}, never if it is {@code false}
   * @return as above
   */
  boolean writeOutbound(ConnId id, ByteBuf data, WriteCompletion completion);

  /**
   * Whether the queue of bytes that the kernel has not taken is below its mark. Only informs: see
   * {@link Session#writabilityChanged} for the change.
   *
   * @param id this connection
   * @return {@code false} also when the connection is closing or gone
   */
  boolean isWritable(ConnId id);

  /**
   * Closes after everything queued has been sent, with {@link CloseReason#SESSION_CLOSED}, or with
   * {@link CloseReason#PEER_CLOSED} where the peer has ended its side before. From now on input is
   * dropped and writes are refused. A second call does nothing.
   *
   * <p>On UDP the peer is forgotten: its next datagram begins a new session.
   *
   * @param id this connection
   */
  default void closeSocket(ConnId id) {
    closeSocket(id, CloseReason.SESSION_CLOSED);
  }

  /**
   * As {@link #closeSocket(ConnId)} with a reason of the protocol's own for the node's records.
   *
   * @param id this connection
   * @param reason why; the first reason given stands
   */
  void closeSocket(ConnId id, CloseReason reason);

  /**
   * Closes at once and throws away what is queued; on TCP the peer sees a reset.
   *
   * @param id this connection
   * @param reason why; the first reason given stands
   */
  void abort(ConnId id, CloseReason reason);

  /**
   * Ends the sending side after everything queued has been sent, and goes on reading. On a
   * plaintext TCP connection only.
   *
   * @param id this connection
   * @return {@code false}: not possible here (TLS, UDP, closing or gone), and nothing was done
   */
  boolean shutdownOutput(ConnId id);

  /**
   * Stops reading from the peer until {@link #resumeReads}. What was already taken off the socket
   * is still delivered. Does not nest. The connection may still be closed as idle. On UDP, where
   * all peers share a socket, what the peer sends meanwhile is dropped and counted.
   *
   * @param id this connection
   */
  void pauseReads(ConnId id);

  /**
   * Takes back {@link #pauseReads}.
   *
   * @param id this connection
   */
  void resumeReads(ConnId id);

  /**
   * Declares input bytes that the session keeps beyond {@link Session#handleIncomingData}. They
   * count against the node's inbound budget until {@link #consumed}; while the node is over it, the
   * connections that have a share in it are not read from. {@link PlaintextSession} declares by
   * itself what it gathers. To hold back one peer alone, use {@link #pauseReads}.
   *
   * @param id this connection
   * @param bytes 0 or more
   */
  void hold(ConnId id, int bytes);

  /**
   * Takes back bytes declared by {@link #hold}. What is still held at the close is taken back by
   * the node.
   *
   * @param id this connection
   * @param bytes 0 or more; more than is held counts as all of it
   */
  void consumed(ConnId id, int bytes);

  /**
   * Says how much input may still come that the session has let its peer send, by windows of its
   * protocol for instance: what has come is {@linkplain #hold held}, or gone. It counts as promised
   * until another number is said or the connection ends. Nothing comes of a promise by itself: a
   * session that finds no room left lets its peer send no more.
   *
   * @param id this connection
   * @param bytes all that is promised now, not what has come to it; 0 or more
   * @return what of the node's inbound budget is neither promised nor used by any connection,
   *     without a little that is spared; negative where it is more than all; the largest number
   *     where nobody counts
   */
  default long promisesInput(ConnId id, long bytes) {
    return Long.MAX_VALUE;
  }

  /**
   * Says how much output the session keeps because its protocol does not let it write that yet, as
   * a peer's windows do. It counts against the node's outbound budget as what was written does,
   * until another number is said or the connection ends. What is written is kept no longer.
   *
   * @param id this connection
   * @param bytes all that is kept now, not what has come to it; 0 or more
   * @return what is left of half of the budget, which is what sessions may keep together; negative
   *     where they keep more, and one that keeps much ought to drop some of it; the largest number
   *     where nobody counts
   */
  default long keepsOutput(ConnId id, long bytes) {
    return Long.MAX_VALUE;
  }

  /**
   * Asks for room to {@linkplain #keepsOutput keep} more, where too little is left. The node ends
   * connections for it whose peers let much stand still for long, measured as bytes kept times the
   * time since some of them left; none for which that is not worse than for this one. They end with
   * {@link CloseReason#SLOW_CONSUMER} and a reset.
   *
   * <p>Looks at every connection that keeps output: for a session that would drop something
   * otherwise.
   *
   * @param id this connection
   * @param room what is to be left
   * @return what is left now, as {@link #keepsOutput} answers it; may be less than was asked for
   */
  default long wantsRoom(ConnId id, long room) {
    return Long.MAX_VALUE;
  }

  /**
   * What is known of the connection. Works from within {@link CustomProtocolSubsystem#create} until
   * after {@link Session#connectionClosed}.
   *
   * @param id this connection
   * @return always the same object
   * @throws IllegalArgumentException for another connection's id
   */
  SessionContext context(ConnId id);
}
