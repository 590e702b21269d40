// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.netty;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelId;
import io.netty.channel.ChannelMetadata;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.util.DefaultAttributeMap;
import io.netty.util.concurrent.EventExecutor;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A channel whose socket is a session: what is written goes to the session's writer by {@link
 * HostedUnsafe}, what the session hears is fired through the pipeline. It has no outbound buffer,
 * since the node has one, and no registration of its own, since the connection has one. Runs on the
 * connection's loop, but where {@link Channel} says otherwise.
 */
final class HostedChannel extends DefaultAttributeMap implements SessionChannel {

  private static final ChannelMetadata METADATA = new ChannelMetadata(false);

  private final ConnId connId;
  private final SessionWriter writer;
  private final SessionContext context;
  private final EventLoop loop;
  private final HostedChannelId id;

  private final ChannelPromise closeFuture;
  private final HostedChannelConfig config;
  private final HostedUnsafe unsafe;
  private final HostedPipeline pipeline;

  // Written on the loop, read by any thread that asks for the channel's state.
  private volatile State state = State.NEW;
  private volatile boolean inputShut;
  private volatile boolean outputShut;

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
    this.config = new HostedChannelConfig(this, context.allocator());
    // Before the pipeline, whose head asks for it.
    this.unsafe = new HostedUnsafe(this, connId, writer, config);
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
    unsafe.readDone();
    if (!inputShut) {
      pipeline.fireChannelRead(data.retain());
    }
  }

  void readComplete() {
    pipeline.fireChannelReadComplete();
    unsafe.pauseUnlessWanted();
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
    unsafe.closeFor(reason);
  }

  /** Any thread, as options may be set from anywhere. */
  void autoReadCleared() {
    if (loop.inEventLoop()) {
      unsafe.readDone();
      unsafe.pauseUnlessWanted();
    } else {
      loop.execute(unsafe::pauseUnlessWanted);
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
    return isWritable() ? Math.max(1, config.getWriteBufferHighWaterMark() - unsafe.pending()) : 0;
  }

  @Override
  public long bytesBeforeWritable() {
    return isWritable() ? 0 : Math.max(1, unsafe.pending() - config.getWriteBufferLowWaterMark());
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
}
