// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.netty;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.WriteCompletion;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelId;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.VoidChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.util.DefaultAttributeMap;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.EventExecutor;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/**
 * A channel whose socket is a session: what is written goes to the session's writer, what the
 * session hears is fired through the pipeline. It has no outbound buffer, since the node has one,
 * and no registration of its own, since the connection has one. Runs on the connection's loop, but
 * where {@link Channel} says otherwise.
 */
final class HostedChannel extends DefaultAttributeMap implements SessionChannel {

  private static final ChannelMetadata METADATA = new ChannelMetadata(false);

  private final ConnId connId;
  private final SessionWriter writer;
  private final SessionContext context;
  private final EventLoop loop;
  private final HostedChannelId id;

  // Before the pipeline, whose head asks for it.
  private final Unsafe unsafe = new HostedUnsafe();
  private final ChannelPromise closeFuture;
  private final VoidChannelPromise voidPromise;
  private final HostedChannelConfig config;
  private final HostedPipeline pipeline;

  // Written on the loop, read by any thread that asks for the channel's state.
  private volatile State state = State.NEW;
  private volatile boolean inputShut;
  private volatile boolean outputShut;

  // Loop only.
  private boolean readPending;
  private boolean readsPaused;
  private boolean closing;
  private long pending;

  private enum State {
    NEW,
    ACTIVE,
    CLOSED
  }

  HostedChannel(ConnId connId, SessionWriter writer) {
    this.connId = connId;
    this.writer = writer;
    this.context = writer.context(connId);
    this.id = new HostedChannelId(connId.value());
    EventExecutor executor = context.executor();
    this.loop = executor instanceof EventLoop own ? own : new ExecutorLoop(executor);
    this.closeFuture = new DefaultChannelPromise(this, loop);
    this.voidPromise = new VoidChannelPromise(this, true);
    this.config = new HostedChannelConfig(this, context.allocator());
    this.pipeline = new HostedPipeline(this);
  }

  // ---- the session's calls

  void started() {
    state = State.ACTIVE;
    pipeline.fireChannelRegistered();
    // A handler may have closed the channel as it was added; it is active all the same until the
    // connection ends.
    pipeline.fireChannelActive();
  }

  void read(ByteBuf data) {
    readPending = false;
    if (!inputShut) {
      pipeline.fireChannelRead(data.retain());
    }
  }

  void readComplete() {
    pipeline.fireChannelReadComplete();
    pauseUnlessWanted();
  }

  void inputClosed() {
    inputShut = true;
    if (config.isAllowHalfClosure()) {
      pipeline.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
      pipeline.fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
    } else {
      close();
    }
  }

  /** The connection has gone, or its pipeline could not be filled. */
  void ended() {
    boolean active = state == State.ACTIVE;
    state = State.CLOSED;
    inputShut = true;
    outputShut = true;
    closeFuture.trySuccess();
    if (!active) {
      // What was added is told so that it can be told of its removal.
      pipeline.fireChannelRegistered();
    } else {
      pipeline.fireChannelInactive();
    }
    pipeline.fireChannelUnregistered();
  }

  // ---- for the configuration and the pipeline

  /** On the loop: what was written goes out first, what is written from now on fails. */
  void closeFor(CloseReason reason) {
    if (!closing) {
      closing = true;
      writer.closeSocket(connId, reason);
    }
  }

  /** Any thread, as options may be set from anywhere. */
  void autoReadCleared() {
    if (loop.inEventLoop()) {
      readPending = false;
      pauseUnlessWanted();
    } else {
      loop.execute(this::pauseUnlessWanted);
    }
  }

  private void pauseUnlessWanted() {
    if (!readsPaused && !readPending && !config.isAutoRead()) {
      readsPaused = true;
      writer.pauseReads(connId);
    }
  }

  // ---- state, any thread

  @Override
  public ConnId connId() {
    return connId;
  }

  @Override
  public SessionWriter writer() {
    return writer;
  }

  @Override
  public SessionContext context() {
    return context;
  }

  @Override
  public ChannelId id() {
    return id;
  }

  @Override
  public EventLoop eventLoop() {
    return loop;
  }

  /** Of the kind by which handlers tell that they serve. */
  @Override
  public Channel parent() {
    return HostedParent.INSTANCE;
  }

  @Override
  public ChannelConfig config() {
    return config;
  }

  @Override
  public boolean isOpen() {
    return state != State.CLOSED;
  }

  @Override
  public boolean isRegistered() {
    return state == State.ACTIVE;
  }

  @Override
  public boolean isActive() {
    return state == State.ACTIVE;
  }

  @Override
  public ChannelMetadata metadata() {
    return METADATA;
  }

  @Override
  public SocketAddress localAddress() {
    return context.localAddress();
  }

  @Override
  public SocketAddress remoteAddress() {
    return context.remoteAddress();
  }

  @Override
  public ChannelFuture closeFuture() {
    return closeFuture;
  }

  @Override
  public boolean isWritable() {
    return writer.isWritable(connId) && pipeline.belowMark();
  }

  /** By the channel's own watermark; at least 1 where the node says that there is room. */
  @Override
  public long bytesBeforeUnwritable() {
    return isWritable() ? Math.max(1, config.getWriteBufferHighWaterMark() - pending) : 0;
  }

  @Override
  public long bytesBeforeWritable() {
    return isWritable() ? 0 : Math.max(1, pending - config.getWriteBufferLowWaterMark());
  }

  @Override
  public Unsafe unsafe() {
    return unsafe;
  }

  @Override
  public ChannelPipeline pipeline() {
    return pipeline;
  }

  @Override
  public int compareTo(Channel other) {
    return this == other ? 0 : id.compareTo(other.id());
  }

  @Override
  public int hashCode() {
    return id.hashCode();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other;
  }

  @Override
  public String toString() {
    return "[connection " + connId + ", " + remoteAddress() + ", " + state + "]";
  }

  // ---- half-closure

  @Override
  public boolean isInputShutdown() {
    return inputShut;
  }

  @Override
  public ChannelFuture shutdownInput() {
    return shutdownInput(newPromise());
  }

  /** The peer can't be kept from sending; what it sends is no longer read. */
  @Override
  public ChannelFuture shutdownInput(ChannelPromise promise) {
    inputShut = true;
    config.setAutoRead(false);
    return promise.setSuccess();
  }

  @Override
  public boolean isOutputShutdown() {
    return outputShut;
  }

  @Override
  public ChannelFuture shutdownOutput() {
    return shutdownOutput(newPromise());
  }

  @Override
  public ChannelFuture shutdownOutput(ChannelPromise promise) {
    if (writer.shutdownOutput(connId)) {
      outputShut = true;
      return promise.setSuccess();
    }
    return promise.setFailure(
        new UnsupportedOperationException("only a plaintext connection can end one side"));
  }

  @Override
  public boolean isShutdown() {
    return inputShut && outputShut;
  }

  @Override
  public ChannelFuture shutdown() {
    return shutdown(newPromise());
  }

  @Override
  public ChannelFuture shutdown(ChannelPromise promise) {
    shutdownInput();
    return shutdownOutput(promise);
  }

  // ---- on the loop: what comes out of the pipeline

  @SuppressWarnings("deprecation") // Netty's own interface still has the deprecated Handle in it
  private final class HostedUnsafe implements Unsafe {

    private RecvByteBufAllocator.@Nullable Handle receiving;

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
    public SocketAddress localAddress() {
      return context.localAddress();
    }

    @Override
    public SocketAddress remoteAddress() {
      return context.remoteAddress();
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
    public void disconnect(ChannelPromise promise) {
      close(promise);
    }

    @Override
    public void close(ChannelPromise promise) {
      closeFor(CloseReason.SESSION_CLOSED);
      if (!promise.isVoid()) {
        closeFuture.addListener(closed -> promise.trySuccess());
      }
    }

    @Override
    public void closeForcibly() {
      close(voidPromise);
    }

    @Override
    public void deregister(ChannelPromise promise) {
      promise.tryFailure(unsupported());
    }

    @Override
    public void beginRead() {
      readPending = true;
      if (readsPaused) {
        readsPaused = false;
        writer.resumeReads(connId);
      }
    }

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

    @Override
    public ChannelPromise voidPromise() {
      return voidPromise;
    }

    /** None: the node's is the only one. */
    @Override
    public @Nullable ChannelOutboundBuffer outboundBuffer() {
      return null;
    }

    private UnsupportedOperationException unsupported() {
      return new UnsupportedOperationException("the connection is the node's");
    }
  }

  /** A void promise would fire the failure through the pipeline; nobody waits for it. */
  private static void fail(ChannelPromise promise, Exception cause) {
    if (!promise.isVoid()) {
      promise.tryFailure(cause);
    }
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
