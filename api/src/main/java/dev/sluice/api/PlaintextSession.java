// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

import io.netty.buffer.ByteBuf;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The usual start for a stream protocol: gathers bytes until {@link #parse} has a whole message.
 *
 * <p>What {@code parse} leaves unread is kept, counted against the inbound budgets and given again
 * together with what comes next, up to a bound. When the conversation has ended by {@link #close}
 * or by a {@code parse} that answered {@code false}, bytes in flight are dropped and never parsed.
 *
 * <p>Everything here runs in the session's own order, see {@link Session}; {@link #send} and {@link
 * #close} too.
 */
public abstract class PlaintextSession implements Session {

  private final ConnId id;
  private final SessionWriter writer;
  private final int maxUnparsed;
  private @Nullable ByteBuf unparsed;
  private int held;
  private boolean ended;

  /**
   * A session of one connection.
   *
   * @param id the connection
   * @param writer its way back
   * @param maxUnparsed how many bytes {@link #parse} may leave unread; at least 1
   */
  protected PlaintextSession(ConnId id, SessionWriter writer, int maxUnparsed) {
    if (maxUnparsed < 1) {
      throw new IllegalArgumentException("maxUnparsed must be at least 1: " + maxUnparsed);
    }
    this.id = Objects.requireNonNull(id);
    this.writer = Objects.requireNonNull(writer);
    this.maxUnparsed = maxUnparsed;
  }

  /**
   * Reads messages off the front of {@code in}. Called again as long as it reads something and
   * something is left, so that one message a call is enough.
   *
   * @param in borrowed; all bytes not parsed so far. What is left unread comes again with more
   * @return {@code false}: the peer broke the protocol. The connection closes with {@link
   *     CloseReason#PROTOCOL_ERROR} after what was written, an error message for one, has been sent
   */
  protected abstract boolean parse(ByteBuf in);

  /**
   * {@link #parse} left more than the bound unread. The connection closes with {@link
   * CloseReason#PROTOCOL_ERROR} after what is written here has been sent. By default nothing is.
   */
  protected void messageTooLong() {}

  /**
   * The connection is gone; always the last call, exactly once.
   *
   * @param reason why
   */
  protected void closed(CloseReason reason) {}

  /**
   * The connection.
   *
   * @return its id
   */
  protected final ConnId id() {
    return id;
  }

  /**
   * The connection's way back, for all that is not {@link #send} or {@link #close}.
   *
   * @return the writer
   */
  protected final SessionWriter writer() {
    return writer;
  }

  /**
   * What the node knows of the connection.
   *
   * @return its context
   */
  protected final SessionContext context() {
    return writer.context(id);
  }

  /**
   * Queues bytes for the peer.
   *
   * @param data ownership passes to this method
   * @return {@code false}: the connection is closing or gone
   */
  protected final boolean send(ByteBuf data) {
    return writer.writeOutbound(id, data);
  }

  /** Ends the conversation: what was sent goes out, what comes in is dropped, also in mid-parse. */
  protected final void close() {
    close(CloseReason.SESSION_CLOSED);
  }

  /**
   * As {@link #close()} with a reason of the protocol's own for the node's records.
   *
   * @param reason why
   */
  protected final void close(CloseReason reason) {
    ended = true;
    writer.closeSocket(id, reason);
  }

  /**
   * Parses once more what was left unread, for a protocol that had put it off. Not from within
   * {@link #parse}.
   */
  protected final void parseAgain() {
    ByteBuf in = unparsed;
    if (in != null && !ended) {
      parseAll(in);
      keep(ended ? null : in, in);
    }
  }

  @Override
  public final void handleIncomingData(ByteBuf data) {
    if (ended) {
      return;
    }
    ByteBuf in = unparsed == null ? data : append(unparsed, data);
    parseAll(in);
    keep(ended ? null : in, data);
  }

  private void parseAll(ByteBuf in) {
    boolean valid = true;
    int before;
    do {
      before = in.readableBytes();
      valid = parse(in);
    } while (valid && !ended && in.isReadable() && in.readableBytes() < before);
    if (valid && !ended && in.readableBytes() > maxUnparsed) {
      valid = false;
      messageTooLong();
    }
    if (!valid && !ended) {
      ended = true;
      writer.closeSocket(id, CloseReason.PROTOCOL_ERROR);
    }
  }

  /** Writes the bytes as they are. A protocol whose messages must not be mixed overrides this. */
  @Override
  public boolean sendData(ByteBuf data) {
    return !ended && send(data.retain());
  }

  /** Closes after what was written. A protocol that owes answers overrides this. */
  @Override
  public void closeSession() {
    close();
  }

  @Override
  public final void connectionClosed(CloseReason reason) {
    ended = true;
    if (unparsed != null) {
      unparsed.release();
      unparsed = null;
    }
    closed(reason);
  }

  /**
   * Puts what came behind what was kept. Slices of it that parse has sent on may still be on their
   * way, on another thread: while there are any, its bytes are neither moved nor reallocated.
   */
  private ByteBuf append(ByteBuf kept, ByteBuf data) {
    ByteBuf whole = kept;
    if (kept.refCnt() == 1) {
      if (kept.readerIndex() > kept.capacity() / 2) {
        kept.discardReadBytes();
      }
    } else if (kept.writableBytes() < data.readableBytes()) {
      int bytes = kept.readableBytes() + data.readableBytes();
      whole = context().allocator().buffer(bytes).writeBytes(kept);
      kept.release();
    }
    unparsed = whole.writeBytes(data);
    return whole;
  }

  /** Keeps what is left of {@code in}, which is the borrowed buffer unless something was kept. */
  private void keep(@Nullable ByteBuf in, ByteBuf data) {
    int left = in == null ? 0 : in.readableBytes();
    if (left == 0) {
      if (unparsed != null) {
        unparsed.release();
        unparsed = null;
      }
    } else if (unparsed == null) {
      unparsed = context().allocator().buffer(left).writeBytes(data);
    }
    if (left > held) {
      writer.hold(id, left - held);
    } else if (left < held) {
      writer.consumed(id, held - left);
    }
    held = left;
  }
}
