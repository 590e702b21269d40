// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import io.netty.buffer.ByteBuf;

/**
 * Hears what one session is given and what it writes: see {@link SessionTaps}.
 *
 * <p>Called where these things happen, on loops and workers, so it never blocks and only copies.
 * What it throws ends the hearing and nothing else. Times are those of the loops' ticker, see
 * {@link Connections#now}.
 *
 * <p>{@link #delivered}, {@link #outside} and {@link #ended} come in the session's order, {@link
 * #written} on the loop in the order in which the bytes leave, {@link #event} from any thread. A
 * write is heard of with the time at which the session made it, which may be before that of a call
 * that was heard of earlier.
 */
public interface SessionTap {

  /** What a session hears beside bytes, and what it asks for. */
  enum Event {
    /** It hears of the end of a pass of reading. */
    PASS_COMPLETE,
    /** It hears that the peer has ended its sending side. */
    INPUT_ENDED,
    /** It hears of a drain; the amount is the time left in nanoseconds. */
    DRAIN,
    /** It is asked to end behind bytes from outside. */
    ASKED_TO_END,
    /** It hears that it is to hold back. */
    NOT_WRITABLE,
    /** It hears that it may go on. */
    WRITABLE,
    /** It wants no input for now. */
    PAUSED,
    /** It wants input again. */
    RESUMED,
    /** It holds so many bytes of input more. */
    HELD,
    /** It holds so many bytes of input less. */
    CONSUMED,
    /** It has ended its sending side. */
    OUTPUT_SHUT,
    /** It wants the connection closed in order. */
    CLOSE_ASKED,
    /** It wants the connection broken off. */
    ABORT_ASKED
  }

  /**
   * The session is about to be called with bytes of its peer.
   *
   * @param at when
   * @param data to be copied, and left as it is
   * @return {@code false}: enough was heard
   */
  boolean delivered(long at, ByteBuf data);

  /**
   * The session is about to be called with bytes from outside that it is to send.
   *
   * @param at when
   * @param data to be copied, and left as it is
   * @return {@code false}: enough was heard
   */
  boolean outside(long at, ByteBuf data);

  /**
   * What the session wrote has taken its place among what leaves.
   *
   * @param at when the session wrote it
   * @param data to be copied, and left as it is
   * @return {@code false}: enough was heard
   */
  boolean written(long at, ByteBuf data);

  /**
   * Something happened, or was asked for.
   *
   * @param at when
   * @param what of it
   * @param amount as {@link Event} says, else 0
   * @return {@code false}: enough was heard
   */
  boolean event(long at, Event what, long amount);

  /**
   * The session has heard of its end: the last call.
   *
   * @param at when
   * @param ending as it is recorded
   */
  void ended(long at, Ending ending);

  /**
   * A method of this has thrown, and nothing more will be heard.
   *
   * @param thrown by it
   */
  void failed(Throwable thrown);
}
