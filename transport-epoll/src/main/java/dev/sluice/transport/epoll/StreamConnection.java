// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.Session;
import dev.sluice.api.TlsInfo;
import dev.sluice.api.Transport;
import dev.sluice.api.WriteCompletion;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One TCP connection between its channel and its session, as the last handler of the pipeline.
 * Holds its parts together: {@link ConnectionWriter} is what the session was given, {@link
 * SessionCalls} makes the calls into it, {@link OutboundPath} and {@link InboundGate} are the two
 * directions, and {@link CloseSequence} is the end. Runs on the loop but where it says otherwise.
 */
final class StreamConnection extends ChannelInboundHandlerAdapter implements Connection {

  private final SessionBridge bridge;
  private final ConnId id;
  private final Channel channel;
  private final EventLoop loop;
  private final InboundAdmission.Place place;
  private final ConnectionWriter writer;
  private final InboundGate gate;
  private final SessionCalls calls;
  private final CloseSequence closing;
  private final Timers timers = new Timers();

  // Any thread writes, the close record reads.
  private volatile @Nullable String note;

  // Written on the loop, read by whoever lists connections.
  private volatile @Nullable CertificateVersion certificate;

  // Written on the loop, read by closeSocket on any thread: the peer has ended its sending side.
  private volatile boolean inputEnded;

  // Set on the loop when the channel is gone; writers on any thread are refused from then on.
  private volatile boolean gone;

  // Loop only.
  private @Nullable OutboundPath output;
  private @Nullable HeadInspector choosing;
  private boolean established;
  private boolean readSinceSweep;
  private boolean inReadPass;
  private boolean delivered;
  private boolean flushScheduled;
  private long bytesIn;
  private long reportedIn;
  private long reportedOut;
  private final ConnectionClock clock;
  private final long openedAtMillis;

  // Written on the loop before gone.
  private long closedAt;

  StreamConnection(
      SessionBridge bridge,
      ConnId id,
      Channel channel,
      EventLoop loop,
      InboundAdmission.Place place) {
    this.bridge = bridge;
    this.id = id;
    this.channel = channel;
    this.loop = loop;
    this.place = place;
    this.writer = new ConnectionWriter(this, loop);
    EpollTransport transport = bridge.transport();
    this.gate =
        new InboundGate(
            channel, loop, transport.inboundBudget(), transport.options().inboundConnectionLimit());
    this.calls = new SessionCalls(this, loop);
    this.closing = new CloseSequence(this, channel);
    this.clock = new ConnectionClock(bridge.limits(), System.nanoTime());
    this.openedAtMillis = System.currentTimeMillis();
  }

  // ---- on the loop: the channel's events

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    OutboundPath path =
        new OutboundPath(
            this,
            ctx,
            bridge.transport().outboundBudget(),
            bridge.limits().highMark(),
            bridge.limits().hardMark());
    output = path;
    writer.open(path);
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    if (bridge.options().tls() == null) {
      establish(null);
    }
  }

  private void establish(@Nullable TlsInfo tls) {
    established = true;
    calls.established(tls);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf data = (ByteBuf) message;
    if (arrived(data)) {
      deliver(data);
    }
  }

  /** Counts what was read. False: it is not for a session, and was released. */
  boolean arrived(ByteBuf data) {
    readSinceSweep = true;
    if (closing.lingering()) {
      closing.discarded(data.readableBytes());
    } else {
      bytesIn += data.readableBytes();
    }
    if (closeRequested() || !data.isReadable()) {
      data.release();
      return false;
    }
    return true;
  }

  /** Takes the buffer over. {@link #passComplete} has to follow. */
  void deliver(ByteBuf data) {
    inReadPass = true;
    delivered = true;
    calls.data(data);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    passComplete();
    // With reads paused this asks for nothing more; SslHandler needs the event to finish its own.
    ctx.fireChannelReadComplete();
  }

  /** The end of a read pass: tells the session, and sends what it wrote. */
  void passComplete() {
    if (delivered) {
      delivered = false;
      calls.incomingComplete();
      gate.checkNodeBudget();
    }
    inReadPass = false;
    output().nextTurn();
    flushNow();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    OutboundPath path = output();
    if (ctx.channel().isWritable()) {
      path.pump();
      if (!inReadPass) {
        path.flush();
      }
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof SslHandshakeCompletionEvent handshake) {
      if (handshake.isSuccess()) {
        TlsInfo tls = TlsPolicy.describe(ctx.pipeline());
        bridge.handshaken(this, tls);
        establish(tls);
      } else {
        failTls(InterfaceMetrics.Errors.TLS_HANDSHAKE, handshake.cause());
      }
    } else if (event instanceof SslCloseCompletionEvent notified) {
      if (!notified.isSuccess() && bridge.outbound()) {
        // A client has to know: what it got may be cut short by anybody (RFC 9112, section 9.8).
        cause().peerReset(Ending.of(CloseReason.PEER_RESET, "ended without close_notify"));
      }
      // Nothing can be encrypted from here on, so there is nothing to wait for.
      peerEnded();
      closing.encryptionEnded();
    } else if (event instanceof ChannelInputShutdownEvent) {
      peerEnded();
    } else if (!(event instanceof ChannelInputShutdownReadComplete)) {
      ctx.fireUserEventTriggered(event);
    }
  }

  /** The peer's end of stream, behind all of its input. */
  private void peerEnded() {
    if (inputEnded) {
      return;
    }
    inputEnded = true;
    inReadPass = false;
    flushNow();
    if (closing.lingering()) {
      closing.closeNow();
    } else if (bridge.options().tls() == null) {
      calls.inputClosed();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (bridge.options().tls() != null && TlsPolicy.isTlsFailure(cause)) {
      failTls(InterfaceMetrics.Errors.TLS_RECORD, cause);
    } else {
      bridge.debug(this, "connection failed", cause);
      if (cause instanceof IOException) {
        cause().peerReset(Ending.of(CloseReason.PEER_RESET, Ending.describe("socket", cause)));
      } else {
        String detail = Ending.describe(cause.getClass().getSimpleName(), cause);
        requestClose(Ending.of(CloseReason.INTERNAL_ERROR, detail));
      }
      closing.closeNow();
    }
  }

  private void failTls(String kind, @Nullable Throwable cause) {
    failTls(kind, cause, Ending.of(CloseReason.TLS_ERROR, Ending.describe(kind, cause)));
  }

  /** For what has no words but its reason. */
  void failTls(String kind, @Nullable Throwable cause, CloseReason reason) {
    failTls(kind, cause, Ending.of(reason));
  }

  /** Counted once, however many of Netty's events tell of the same failure. */
  void failTls(String kind, @Nullable Throwable cause, Ending ending) {
    if (requestClose(ending)) {
      bridge.metrics().error(kind);
      bridge.debug(this, kind, cause);
      // SslHandler tells of the failure before it writes the alert.
      loop.execute(closing::lingerAfterAlert);
    }
  }

  /** On the loop, or where the channel was never registered on the thread that tried: the end. */
  void channelClosed() {
    if (gone) {
      return;
    }
    closedAt = System.nanoTime();
    gone = true;
    closing.channelGone();
    place.release();
    gate.channelClosed();
    if (output == null) {
      end();
    } else {
      bridge.sweepOf(loop).remove(this);
    }
  }

  /** Behind the failure of every write, also of those that waited to be encrypted. */
  @Override
  public void channelUnregistered(ChannelHandlerContext ctx) {
    OutboundPath path = output();
    writer.close();
    path.discard();
    report(path);
    end();
    ctx.fireChannelUnregistered();
  }

  private void end() {
    calls.end(
        ending -> {
          timers.end();
          gate.release();
          bridge.ended(this, ending);
        });
  }

  // ---- any thread: for the rest of the transport

  /** The first one given stands; whether it was this one. */
  boolean requestClose(Ending ending) {
    return writer.cause().request(ending);
  }

  CloseCause cause() {
    return writer.cause();
  }

  @Override
  public boolean closeRequested() {
    return writer.cause().requested();
  }

  @Override
  public EventLoop loop() {
    return loop;
  }

  /** A field of the channel since accept, which it keeps when it is closed. */
  @Override
  public @Nullable SocketAddress remoteAddress() {
    return channel.remoteAddress();
  }

  @Override
  public @Nullable SocketAddress localAddress() {
    return channel.localAddress();
  }

  @Override
  public ConnectionState state() {
    if (gone) {
      return ConnectionState.ENDED;
    }
    if (closing.lingering()) {
      return ConnectionState.LINGERING;
    }
    if (closeRequested() || closing.begun()) {
      return ConnectionState.CLOSING;
    }
    return established ? ConnectionState.OPEN : ConnectionState.HANDSHAKING;
  }

  @Override
  public long openedAtMillis() {
    return openedAtMillis;
  }

  @Override
  public long age() {
    return clock.age(gone ? closedAt : System.nanoTime());
  }

  @Override
  public long sinceEnd() {
    return System.nanoTime() - closedAt;
  }

  @Override
  public long bytesIn() {
    return bytesIn;
  }

  @Override
  public long bytesOut() {
    OutboundPath path = writer.output();
    return path == null ? 0 : path.taken();
  }

  @Override
  public long queuedOut() {
    OutboundPath path = writer.output();
    return path == null ? 0 : Math.max(0, path.queued());
  }

  @Override
  public long waitingIn() {
    return gate.waiting();
  }

  @Override
  public boolean readsPaused() {
    return gate.paused();
  }

  @Override
  public ConnectionWriter writer() {
    return writer;
  }

  void complete(WriteCompletion completion, boolean written) {
    calls.complete(completion, written);
  }

  void writabilityChanged(boolean writable) {
    calls.writabilityChanged(writable);
  }

  @Override
  public void note(String text) {
    note = text;
  }

  @Override
  public @Nullable String note() {
    return note;
  }

  @Override
  public @Nullable CertificateVersion certificate() {
    return certificate;
  }

  void servedWith(CertificateVersion version) {
    certificate = version;
  }

  @Override
  public boolean gone() {
    return gone;
  }

  @Override
  public ConnId id() {
    return id;
  }

  @Override
  public boolean capped() {
    return place.capped();
  }

  @Override
  public SessionBridge bridge() {
    return bridge;
  }

  @Override
  public SessionCalls calls() {
    return calls;
  }

  InboundGate gate() {
    return gate;
  }

  @Override
  public Timers timers() {
    return timers;
  }

  Channel channel() {
    return channel;
  }

  @Override
  public ConnectionContext describe(@Nullable TlsInfo tls) {
    // A closed channel forgets its addresses.
    return new ConnectionContext(
        this, channel, Transport.TCP, channel.localAddress(), channel.remoteAddress(), tls);
  }

  @Override
  public boolean writable() {
    return output().belowMark();
  }

  @Override
  public void inputProcessed(int bytes) {
    gate.processed(bytes);
  }

  // ---- on the loop: for the rest of the transport

  @Override
  public void inputQueued(int bytes) {
    gate.queue(bytes);
  }

  @Override
  public int held() {
    return gate.held();
  }

  /** Where several protocols share a port without TLS: goes before this handler. */
  HeadInspector inspectHead() {
    HeadInspector inspector = new HeadInspector(this);
    choosing = inspector;
    return inspector;
  }

  /** The first bytes have told whose they are. */
  void chosen(SessionProtocol protocol) {
    choosing = null;
    calls.choose(protocol);
  }

  @Override
  public boolean choosing() {
    return choosing != null && choosing.keeping();
  }

  OutboundPath output() {
    return Objects.requireNonNull(output);
  }

  boolean established() {
    return established;
  }

  boolean inputEnded() {
    return inputEnded;
  }

  CloseSequence closing() {
    return closing;
  }

  boolean lingering() {
    return closing.lingering();
  }

  /** Also bytes of a handshake and of a record that is not whole yet: the peer is not idle. */
  void bytesArrived() {
    readSinceSweep = true;
  }

  void discarded(int bytes) {
    readSinceSweep = true;
    closing.discarded(bytes);
  }

  /** The kernel refused bytes: where nobody here asked for the end, the peer broke off. */
  void outputFailed() {
    if (!inputEnded) {
      cause().outputFailed();
    }
  }

  void outputDrained() {
    closing.outputDrained();
  }

  void closeFromWithin(ChannelPromise promise) {
    closing.closeFromWithin(promise);
  }

  /** {@link SocketEdge} is about to let a close_notify in, after which nothing can be encrypted. */
  void flushBeforeAlert() {
    boolean pass = inReadPass;
    inReadPass = false;
    flushNow();
    inReadPass = pass;
  }

  /** One flush a pass: at its end, or where there is none, once for all writes of this turn. */
  void scheduleFlush() {
    if (!inReadPass && !flushScheduled && !calls.running()) {
      flushScheduled = true;
      loop.execute(this::flushNow);
    }
  }

  @Override
  public void flushNow() {
    flushScheduled = false;
    OutboundPath path = output;
    if (!inReadPass && path != null && !gone) {
      path.flush();
    }
  }

  /** Every sweep: deadlines and figures. */
  @Override
  public void sweep(long now) {
    OutboundPath path = output;
    if (gone || path == null) {
      return;
    }
    if (choosing != null) {
      choosing.sweep(now);
    }
    boolean progressed = path.progressed();
    clock.observe(
        now,
        readSinceSweep || progressed || gate.pausedByNode(),
        progressed || path.belowMark(),
        calls.busy());
    readSinceSweep = false;
    report(path);
    closing.sweep(now, clock.verdict(now, established, bridge.transport().requestTimeoutNanos()));
  }

  /** Passes what was counted here on to the interface; not at every read, which would cost. */
  void report(OutboundPath path) {
    bridge.metrics().bytesIn.add(bytesIn - reportedIn);
    reportedIn = bytesIn;
    bridge.metrics().bytesOut.add(path.taken() - reportedOut);
    reportedOut = path.taken();
  }

  /** The session, for calls that the node makes; null before there is one. */
  @Nullable Session session() {
    return calls.session();
  }
}
