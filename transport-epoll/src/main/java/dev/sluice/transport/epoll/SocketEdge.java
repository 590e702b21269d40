// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.CloseReason;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;

/**
 * The end of a TLS connection's pipeline that touches the socket. It throws away what arrives once
 * the connection lingers, turns the close that {@code SslHandler} does after a failed handshake
 * into one that lets the alert arrive, and sees that answers leave before a close_notify is read.
 *
 * <p>The last needs a word: BoringSSL refuses to encrypt once it has read the peer's close_notify.
 * A client that sends a request and close_notify in one go would lose the answer that its request
 * got in the same read pass, unless that answer is flushed first. So the records are counted off,
 * and before a record that can be an alert is let through, what was written is flushed.
 */
final class SocketEdge extends ChannelDuplexHandler {

  private static final int HEADER = 5;
  private static final int ALERT = 21;
  private static final int HANDSHAKE = 22;
  private static final int APPLICATION_DATA = 23;

  /** No alert, with the overhead of any cipher and of a content type, is longer than this. */
  private static final int LONGEST_ALERT = 48;

  private final StreamConnection connection;

  /** Bytes of the current record's body that are still to come. */
  private int bodyLeft;

  /** A header that reads have split: its bytes so far, and how many. */
  private long header;

  private int headerSeen;

  /** A TLS 1.2 client wants a new handshake: TLS 1.3 shows none on the outside. */
  private boolean renegotiates;

  SocketEdge(StreamConnection connection) {
    this.connection = connection;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (connection.lingering()) {
      connection.discarded(((ByteBuf) message).readableBytes());
      ReferenceCountUtil.release(message);
      return;
    }
    connection.bytesArrived();
    ByteBuf data = (ByteBuf) message;
    int alert = walk(data);
    if (alert > data.readerIndex()) {
      ctx.fireChannelRead(data.readRetainedSlice(alert - data.readerIndex()));
      connection.flushBeforeAlert();
    }
    ctx.fireChannelRead(data);
    if (renegotiates) {
      // BoringSSL has answered by an alert, but Netty would hear of it with the next record only.
      connection.failTls(
          InterfaceMetrics.Errors.TLS_RECORD,
          null,
          Ending.of(CloseReason.TLS_ERROR, "the peer wants to renegotiate"));
    }
  }

  /**
   * Walks over the record headers in {@code data}. Answers the index where the last record begins
   * that can be an alert, or -1. One whose header began in an earlier read does not count: what
   * came before it was flushed at the end of that read.
   */
  private int walk(ByteBuf data) {
    int alert = -1;
    int at = data.readerIndex();
    int end = data.writerIndex();
    while (at < end) {
      if (bodyLeft > 0) {
        int step = Math.min(bodyLeft, end - at);
        bodyLeft -= step;
        at += step;
        continue;
      }
      int begin = headerSeen == 0 ? at : -1;
      while (headerSeen < HEADER && at < end) {
        header = header << 8 | data.getUnsignedByte(at++);
        headerSeen++;
      }
      if (headerSeen == HEADER) {
        int type = (int) (header >>> 32) & 0xff;
        bodyLeft = (int) header & 0xffff;
        header = 0;
        headerSeen = 0;
        if ((type == ALERT || type == APPLICATION_DATA) && bodyLeft <= LONGEST_ALERT) {
          alert = begin;
        }
        renegotiates |= type == HANDSHAKE && connection.established();
      }
    }
    return alert;
  }

  /** What is inside asks for a close: {@code SslHandler} after a failure. */
  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    connection.closeFromWithin(promise);
  }
}
