// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.stream;

import dev.sluice.api.CloseReason;
import dev.sluice.session.bridge.Ending;
import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.transport.epoll.tls.RecordReader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPromise;
import io.netty.handler.ssl.SslHandler;
import org.jspecify.annotations.Nullable;

/**
 * The end of a TLS connection's pipeline that touches the socket. It throws away what arrives once
 * the connection lingers, turns the close that {@code SslHandler} does after a failed handshake
 * into one that lets the alert arrive, and finds the peer's close_notify.
 *
 * <p>The last needs a word: to {@code SslHandler} a close_notify is the end of both directions. A
 * client that sends a request and close_notify would lose its answer. So the records are counted
 * off, and one that can be an alert is read by a {@link RecordReader} in its place. Where there is
 * none, what was written is at least flushed before {@code SslHandler} sees the record.
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

  /** The body of an alert that shows its type: with what any cipher of TLS 1.2 puts around it. */
  private static final int MOST_ALERT = 64;

  private final ChannelWire wire;

  /** Bytes of the current record's body that are still to come, and go on as they come. */
  private int bodyLeft;

  /** The begin of a record, as long as it may be an alert: a header that is not whole, or more. */
  private @Nullable ByteBuf kept;

  /** How much of it there has to be. */
  private int wanted;

  private @Nullable RecordReader reader;

  /** The peer has sent its close_notify: nothing behind it is for anybody. */
  private boolean peerEnded;

  /** The session hears of it at the end of the pass, as it does of a FIN on plaintext. */
  private boolean endToTell;

  /** A TLS 1.2 client wants a new handshake: TLS 1.3 shows none on the outside. */
  private boolean renegotiates;

  SocketEdge(ChannelWire wire) {
    this.wire = wire;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf data = (ByteBuf) message;
    if (peerEnded || wire.bridge().lingering()) {
      discard(data);
      return;
    }
    wire.bridge().bytesArrived();
    try {
      walk(ctx, data);
    } catch (Throwable thrown) {
      data.release();
      throw thrown;
    }
    if (peerEnded) {
      discard(data);
    } else if (data.isReadable()) {
      ctx.fireChannelRead(data);
    } else {
      data.release();
    }
    if (renegotiates) {
      // BoringSSL has answered by an alert, but Netty would hear of it with the next record only.
      failTls("the peer wants to renegotiate");
    }
  }

  private void discard(ByteBuf data) {
    wire.bridge().discarded(data.readableBytes());
    data.release();
  }

  /**
   * Walks over the records in {@code data}. What is left in it goes on; what was taken out of it
   * has gone on before, or is kept.
   */
  private void walk(ChannelHandlerContext ctx, ByteBuf data) {
    int at = data.readerIndex();
    while (at < data.writerIndex() && !peerEnded) {
      int left = data.writerIndex() - at;
      if (bodyLeft > 0) {
        int step = Math.min(bodyLeft, left);
        bodyLeft -= step;
        at += step;
      } else if (kept == null && left >= HEADER && !canBeAlert(data, at)) {
        bodyLeft = data.getUnsignedShort(at + 3);
        at += HEADER;
      } else {
        if (at > data.readerIndex()) {
          ctx.fireChannelRead(data.readRetainedSlice(at - data.readerIndex()));
        }
        gather(ctx, data);
        at = data.readerIndex();
      }
    }
  }

  private boolean canBeAlert(ByteBuf data, int at) {
    int type = data.getUnsignedByte(at);
    int length = data.getUnsignedShort(at + 3);
    renegotiates |= type == HANDSHAKE && wire.bridge().established();
    return (type == ALERT && length <= MOST_ALERT)
        || (type == APPLICATION_DATA && (length == HIDDEN_ALERT || length == PADDED_ALERT));
  }

  /** One step with a record whose begin is kept: its header, then what may be an alert. */
  private void gather(ChannelHandlerContext ctx, ByteBuf data) {
    ByteBuf record = kept;
    if (record == null) {
      record = ctx.alloc().directBuffer(HEADER + MOST_ALERT);
      kept = record;
      wanted = HEADER;
    }
    record.writeBytes(data, Math.min(wanted - record.readableBytes(), data.readableBytes()));
    if (record.readableBytes() < wanted) {
      return;
    }
    int body = record.getUnsignedShort(record.readerIndex() + 3);
    boolean alert = wanted > HEADER || canBeAlert(record, record.readerIndex());
    if (alert && record.readableBytes() < HEADER + body) {
      wanted = HEADER + body;
      return;
    }
    kept = null;
    if (alert) {
      read(ctx, record);
    } else {
      bodyLeft = body;
      ctx.fireChannelRead(record);
    }
  }

  /** A whole record that can be an alert; all before it has gone on. */
  private void read(ChannelHandlerContext ctx, ByteBuf record) {
    ChannelHandlerContext tls = ctx.pipeline().context(SslHandler.class);
    if (reader == null && tls != null && wire.bridge().established()) {
      reader = RecordReader.of(((SslHandler) tls.handler()).engine());
    }
    if (reader == null || tls == null) {
      wire.bridge().flushBeforeAlert();
      ctx.fireChannelRead(record);
      return;
    }
    ByteBuf plaintext = ctx.alloc().directBuffer(MOST_ALERT);
    RecordReader.Outcome outcome;
    try {
      outcome = reader.read(record, plaintext);
    } catch (Throwable thrown) {
      plaintext.release();
      throw thrown;
    } finally {
      record.release();
    }
    if (outcome == RecordReader.Outcome.DATA && plaintext.isReadable()) {
      tls.fireChannelRead(plaintext);
      return;
    }
    plaintext.release();
    if (outcome == RecordReader.Outcome.CLOSE_NOTIFY) {
      peerEnded = true;
      endToTell = true;
      // A FIN that follows ends the channel's input, not the channel.
      ctx.channel().config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    } else if (outcome == RecordReader.Outcome.FAILED) {
      // BoringSSL may have an alert to say.
      wire.flush();
      failTls("the peer has sent an alert, or what can not be decrypted");
    }
  }

  private void failTls(String what) {
    wire.failTls(EndpointMetrics.Errors.TLS_RECORD, null, Ending.of(CloseReason.TLS_ERROR, what));
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    ctx.fireChannelReadComplete();
    if (endToTell) {
      endToTell = false;
      wire.peerNotified();
    }
  }

  /** What is inside asks for a close: {@code SslHandler} after a failure. */
  @Override
  public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
    wire.closeFromWithin(promise);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    ByteBuf record = kept;
    kept = null;
    if (record != null) {
      record.release();
    }
  }
}
