// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.stream;

import dev.sluice.api.CloseReason;
import dev.sluice.session.bridge.Ending;
import dev.sluice.session.bridge.EndpointMetrics;
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

  /** TLS 1.3 hides the type of a record. An alert in one is 2 bytes, its type and a tag of 16. */
  private static final int HIDDEN_ALERT = 19;

  /** Java's own TLS pads its alerts by 16 bytes; those of others that pad are not found. */
  private static final int PADDED_ALERT = 35;

  private final ChannelWire wire;

  /** Bytes of the current record's body that are still to come. */
  private int bodyLeft;

  /** A header that reads have split: its bytes so far, and how many. */
  private long header;

  private int headerSeen;

  /** A TLS 1.2 client wants a new handshake: TLS 1.3 shows none on the outside. */
  private boolean renegotiates;

  SocketEdge(ChannelWire wire) {
    this.wire = wire;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (wire.bridge().lingering()) {
      wire.bridge().discarded(((ByteBuf) message).readableBytes());
      ReferenceCountUtil.release(message);
      return;
    }
    wire.bridge().bytesArrived();
    ByteBuf data = (ByteBuf) message;
    int alert = walk(data);
    if (alert >= 0) {
      if (alert > data.readerIndex()) {
        ctx.fireChannelRead(data.readRetainedSlice(alert - data.readerIndex()));
      }
      wire.bridge().flushBeforeAlert();
    }
    ctx.fireChannelRead(data);
    if (renegotiates) {
      // BoringSSL has answered by an alert, but Netty would hear of it with the next record only.
      wire.failTls(
          EndpointMetrics.Errors.TLS_RECORD,
          null,
          Ending.of(CloseReason.TLS_ERROR, "the peer wants to renegotiate"));
    }
  }

  /**
   * Walks over the record headers in {@code data}. Answers the index where the last record begins
   * that can be an alert, or -1; where its header began in an earlier read of the same pass, that
   * of {@code data}.
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
      int begin = headerSeen == 0 ? at : data.readerIndex();
      while (headerSeen < HEADER && at < end) {
        header = header << 8 | data.getUnsignedByte(at++);
        headerSeen++;
      }
      if (headerSeen == HEADER) {
        int type = (int) (header >>> 32) & 0xff;
        bodyLeft = (int) header & 0xffff;
        header = 0;
        headerSeen = 0;
        if (type == ALERT || (type == APPLICATION_DATA && hidesAnAlert(bodyLeft))) {
          alert = begin;
        }
        renegotiates |= type == HANDSHAKE && wire.bridge().established();
      }
    }
    return alert;
  }

  private static boolean hidesAnAlert(int length) {
    return length == HIDDEN_ALERT || length == PADDED_ALERT;
  }

  /** What is inside asks for a close: {@code SslHandler} after a failure. */
  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    wire.closeFromWithin(promise);
  }
}
