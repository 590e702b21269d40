// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.netty;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.WriteCompletion;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.VoidChannelPromise;
import io.netty.util.ReferenceCountUtil;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * What comes out of a hosted pipeline: it goes to the session's writer. The rest of what a channel
 * could be asked for is the node's, and refused. On the loop.
 */
@SuppressWarnings("deprecation") // Netty's own interface still has the deprecated Handle in it
final class HostedUnsafe implements Channel.Unsafe {

  private final HostedChannel channel;
  private final ConnId connId;
  private final SessionWriter writer;
  private final HostedChannelConfig config;
  private final VoidChannelPromise voidPromise;

  private RecvByteBufAllocator.@Nullable Handle receiving;
  private boolean readPending;
  private boolean readsPaused;
  private boolean closing;
  private long pending;

  HostedUnsafe(
      HostedChannel channel, ConnId connId, SessionWriter writer, HostedChannelConfig config) {
    this.channel = channel;
    this.connId = connId;
    this.writer = writer;
    this.config = config;
    this.voidPromise = new VoidChannelPromise(channel, true);
  }

  // ---- reads

  /** Nothing here reads from a socket, but handlers may ask how much was read. */
  @Override
  public RecvByteBufAllocator.Handle recvBufAllocHandle() {
    RecvByteBufAllocator.Handle handle = receiving;
    if (handle == null) {
      handle = config.<RecvByteBufAllocator>getRecvByteBufAllocator().newHandle();
      receiving = handle;
    }
    return handle;
  }

  @Override
  public void beginRead() {
    readPending = true;
    if (readsPaused) {
      readsPaused = false;
      writer.resumeReads(connId);
    }
  }

  /** What the pipeline has asked to read has come, or is not wanted any more. */
  void readDone() {
    readPending = false;
  }

  void pauseUnlessWanted() {
    if (!readsPaused && !readPending && !config.isAutoRead()) {
      readsPaused = true;
      writer.pauseReads(connId);
    }
  }

  // ---- writes

  @Override
  public void write(Object message, ChannelPromise promise) {
    if (!(message instanceof ByteBuf data)) {
      ReferenceCountUtil.release(message);
      fail(
          promise,
          new UnsupportedOperationException(
              "a message reached the head of the pipeline that is no ByteBuf: "
                  + message.getClass().getName()));
      return;
    }
    if (closing) {
      data.release();
      fail(promise, new ClosedChannelException());
      return;
    }
    Write write = new Write(data.readableBytes(), promise);
    pending += write.bytes;
    if (!writer.writeOutbound(connId, data, write)) {
      write.complete(false);
    }
  }

  /** The node flushes at the end of a read pass, or once for a burst. */
  @Override
  public void flush() {}

  /** Bytes that the kernel has not taken yet. */
  long pending() {
    return pending;
  }

  /** None: the node's is the only one. */
  @Override
  public @Nullable ChannelOutboundBuffer outboundBuffer() {
    return null;
  }

  @Override
  public ChannelPromise voidPromise() {
    return voidPromise;
  }

  /** A void promise would fire the failure through the pipeline; nobody waits for it. */
  private static void fail(ChannelPromise promise, Exception cause) {
    if (!promise.isVoid()) {
      promise.tryFailure(cause);
    }
  }

  // ---- the end

  /** What was written goes out first, what is written from now on fails. */
  void closeFor(CloseReason reason) {
    if (!closing) {
      closing = true;
      writer.closeSocket(connId, reason);
    }
  }

  @Override
  public void close(ChannelPromise promise) {
    closeFor(CloseReason.SESSION_CLOSED);
    if (!promise.isVoid()) {
      channel.closeFuture().addListener(closed -> promise.trySuccess());
    }
  }

  @Override
  public void closeForcibly() {
    close(voidPromise);
  }

  @Override
  public void disconnect(ChannelPromise promise) {
    close(promise);
  }

  // ---- what is the node's

  @Override
  public SocketAddress localAddress() {
    return channel.localAddress();
  }

  @Override
  public SocketAddress remoteAddress() {
    return channel.remoteAddress();
  }

  @Override
  public void register(EventLoop eventLoop, ChannelPromise promise) {
    promise.tryFailure(new IllegalStateException("registered already, by the node"));
  }

  @Override
  public void bind(SocketAddress localAddress, ChannelPromise promise) {
    promise.tryFailure(unsupported());
  }

  @Override
  public void connect(
      SocketAddress remoteAddress, SocketAddress localAddress, ChannelPromise promise) {
    promise.tryFailure(unsupported());
  }

  @Override
  public void deregister(ChannelPromise promise) {
    promise.tryFailure(unsupported());
  }

  private static UnsupportedOperationException unsupported() {
    return new UnsupportedOperationException("the connection is the node's");
  }

  /** Becomes a promise's end when the kernel has taken the bytes. */
  private final class Write implements WriteCompletion {
    private final int bytes;
    private final ChannelPromise promise;

    Write(int bytes, ChannelPromise promise) {
      this.bytes = bytes;
      this.promise = promise;
    }

    @Override
    public void complete(boolean written) {
      pending -= bytes;
      if (!written) {
        fail(promise, new ClosedChannelException());
      } else if (!promise.isVoid()) {
        promise.trySuccess();
      }
    }
  }
}
