// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll.stream;

import dev.sluice.api.CloseReason;
import dev.sluice.api.TlsInfo;
import dev.sluice.session.bridge.Ending;
import dev.sluice.session.bridge.EndpointMetrics;
import dev.sluice.session.bridge.StreamBridge;
import dev.sluice.session.bridge.StreamWire;
import dev.sluice.transport.epoll.tls.TlsPolicy;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A channel as the wire of a {@link StreamBridge}, as the last handler of its pipeline: turns the
 * channel's events into the bridge's and does what the bridge asks for. On the loop.
 */
final class ChannelWire extends ChannelInboundHandlerAdapter
    implements StreamWire, ChannelFutureListener {

  private static final Logger log = LoggerFactory.getLogger(ChannelWire.class);

  /** What it is called among its channel's handlers. */
  static final String NAME = "session";

  private final Channel channel;
  private final EventLoop loop;
  private final boolean secure;
  private @Nullable StreamBridge bridge;
  private @Nullable ChannelHandlerContext ctx;

  /** Nothing can be encrypted any more: a close_notify was read or written, or TLS has failed. */
  private boolean encryptionEnded;

  private boolean alerted;
  private boolean peerEnded;

  // Made by the first write without a mark: only what is large is written in several.
  private @Nullable MarkPromise unmarked;

  // What the last tick saw at the front of the channel's queue.
  private @Nullable Object head;
  private long progressOfHead;

  ChannelWire(Channel channel, EventLoop loop, boolean secure) {
    this.channel = channel;
    this.loop = loop;
    this.secure = secure;
  }

  /** Before the channel's first event. */
  void connect(StreamBridge to) {
    bridge = to;
  }

  StreamBridge bridge() {
    return Objects.requireNonNull(bridge);
  }

  Channel channel() {
    return channel;
  }

  // ---- events

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    ctx = added;
  }

  @Override
  public void channelActive(ChannelHandlerContext active) {
    if (!secure) {
      bridge().established(null);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext from, Object message) {
    bridge().received((ByteBuf) message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext from) {
    bridge().passComplete();
    // With reads paused this asks for nothing more; SslHandler needs the event to finish its own.
    from.fireChannelReadComplete();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext from) {
    if (channel.isWritable()) {
      bridge().takesMore();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext from, Object event) {
    if (event instanceof SslHandshakeCompletionEvent handshake) {
      if (handshake.isSuccess()) {
        TlsInfo tls = TlsPolicy.describe(from.pipeline());
        handshaken(tls);
      } else {
        failTls(EndpointMetrics.Errors.TLS_HANDSHAKE, handshake.cause());
      }
    } else if (event instanceof SslCloseCompletionEvent notified) {
      if (notified.isSuccess() && encryptionEnded && !inboundDone()) {
        // Behind our own close_notify the engine calls itself closed at the peer's next record. The
        // peer has not ended: a close now would find its input unread, and lose what it still
        // reads.
        return;
      }
      if (!notified.isSuccess() && bridge().outbound() && !peerEnded) {
        // A client has to know: what it got may be cut short by anybody (RFC 9112, section 9.8).
        bridge().endedDoubtfully(Ending.of(CloseReason.PEER_RESET, "ended without close_notify"));
      }
      // Nothing can be encrypted from here on, so there is nothing to wait for.
      peerEnded = true;
      encryptionEnded = true;
      bridge().encryptionEnded();
    } else if (event instanceof ChannelInputShutdownEvent) {
      peerEnded = true;
      bridge().peerEnded();
    } else if (!(event instanceof ChannelInputShutdownReadComplete)) {
      from.fireUserEventTriggered(event);
    }
  }

  /** The peer has ended its direction by close_notify, and {@code SslHandler} has not seen it. */
  void peerNotified() {
    peerEnded = true;
    bridge().peerEnded();
  }

  private boolean inboundDone() {
    SslHandler tls = channel.pipeline().get(SslHandler.class);
    return tls == null || tls.engine().isInboundDone();
  }

  private void handshaken(TlsInfo tls) {
    bridge().endpoint().metrics().handshake(tls);
    if (log.isDebugEnabled()) {
      log.debug(
          "{}: connection {}: {} {} {} with certificate {}",
          bridge().options().name(),
          bridge().id(),
          tls.version(),
          tls.cipherSuite(),
          tls.group().orElse("-"),
          bridge().certificate());
    }
    bridge().established(tls);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext from, Throwable cause) {
    if (secure && TlsPolicy.isTlsFailure(cause)) {
      failTls(EndpointMetrics.Errors.TLS_RECORD, cause);
      return;
    }
    bridge().debug("connection failed", cause);
    if (cause instanceof IOException) {
      bridge().failed(Ending.of(CloseReason.PEER_RESET, Ending.describe("socket", cause)), true);
    } else {
      String detail = Ending.describe(cause.getClass().getSimpleName(), cause);
      bridge().failed(Ending.of(CloseReason.INTERNAL_ERROR, detail), false);
    }
  }

  private void failTls(String kind, @Nullable Throwable failure) {
    Throwable cause =
        failure instanceof DecoderException && failure.getCause() != null
            ? failure.getCause()
            : failure;
    failTls(kind, failure, Ending.of(CloseReason.TLS_ERROR, Ending.describe(kind, cause)));
  }

  /** Counted once, however many of Netty's events tell of the same failure. */
  void failTls(String kind, @Nullable Throwable cause, Ending ending) {
    if (bridge().failedTls(kind, ending)) {
      bridge().debug(kind, cause);
      // SslHandler tells of the failure before it writes the alert.
      loop.execute(this::alertWritten);
    }
  }

  private void alertWritten() {
    alerted = true;
    bridge().alertWritten();
  }

  /** {@code SslHandler} closes after an alert: not before the peer has had a chance to read it. */
  void closeFromWithin(ChannelPromise promise) {
    alertWritten();
    channel
        .closeFuture()
        .addListener(
            closed -> {
              promise.trySuccess();
            });
  }

  /** The channel has closed. */
  @Override
  public void operationComplete(ChannelFuture closed) {
    bridge().wireClosed();
  }

  /** Behind the failure of every write, also of those that waited to be encrypted. */
  @Override
  public void channelUnregistered(ChannelHandlerContext from) {
    bridge().wireGone();
    from.fireChannelUnregistered();
  }

  // ---- effects

  @Override
  public boolean takesMore() {
    return channel.isWritable();
  }

  @Override
  public void write(ByteBuf data, long mark) {
    MarkPromise promise = mark == 0 ? unmarked : new MarkPromise(this, channel, loop, mark);
    if (promise == null) {
      promise = new MarkPromise(this, channel, loop, 0);
      unmarked = promise;
    }
    Objects.requireNonNull(ctx).write(data, promise);
  }

  @Override
  public void flush() {
    Objects.requireNonNull(ctx).flush();
  }

  @Override
  public void reads(boolean wanted) {
    channel.config().setAutoRead(wanted);
  }

  @Override
  public void endOutput() {
    SslHandler tls = alerted ? null : channel.pipeline().get(SslHandler.class);
    if (tls == null) {
      shutdownOutput();
    } else if (encryptionEnded) {
      // SslHandler has answered the peer's close_notify by its own, which waits for a flush.
      Objects.requireNonNull(channel.pipeline().firstContext())
          .writeAndFlush(Unpooled.EMPTY_BUFFER)
          .addListener(sent -> shutdownOutput());
    } else {
      encryptionEnded = true;
      tls.closeOutbound().addListener(sent -> shutdownOutput());
    }
  }

  private void shutdownOutput() {
    if (!channel.isActive()) {
      bridge().outputEnded(false);
    } else if ((secure && peerEnded) || ((DuplexChannel) channel).isOutputShutdown()) {
      // The close that follows says it, or it was said before.
      bridge().outputEnded(true);
    } else {
      ((DuplexChannel) channel)
          .shutdownOutput()
          .addListener(done -> bridge().outputEnded(done.isSuccess()));
    }
  }

  @Override
  public void close() {
    ChannelHandlerContext first = channel.pipeline().firstContext();
    if (first != null && channel.isRegistered()) {
      // From the first handler outwards: past SslHandler, which would wait for the peer.
      first.close();
    } else {
      // Registering it will fail, which ends the connection.
      channel.unsafe().closeForcibly();
    }
  }

  @Override
  public void abort() {
    // A channel that has closed for another reason has no descriptor, or another's.
    if (channel.isOpen()) {
      try {
        channel.config().setOption(ChannelOption.SO_LINGER, 0);
      } finally {
        close();
      }
    }
  }

  @Override
  public boolean progressed() {
    ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
    @Nullable Object nowHead = buffer == null ? null : buffer.current();
    long nowProgress = buffer == null ? 0 : buffer.currentProgress();
    boolean progressed = head != null && (nowHead != head || nowProgress != progressOfHead);
    head = nowHead;
    progressOfHead = nowProgress;
    return progressed;
  }

  @Override
  public @Nullable SocketAddress localAddress() {
    return channel.localAddress();
  }

  @Override
  public @Nullable SocketAddress remoteAddress() {
    return channel.remoteAddress();
  }

  void written(long mark, boolean success) {
    if (!success) {
      bridge().outputFailed();
    } else if (mark != 0) {
      bridge().taken(mark);
    }
  }
}
