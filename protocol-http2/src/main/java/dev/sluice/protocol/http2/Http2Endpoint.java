// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ScheduledTask;
import dev.sluice.api.SessionContext;
import dev.sluice.protocol.http.WaitingOutput;
import dev.sluice.session.netty.SessionChannel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Stream;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What both ends of a connection have in common: the way of frames in and out around Netty's codec,
 * when they are flushed, and how a connection ends that broke the protocol. On the connection's
 * loop.
 */
abstract class Http2Endpoint<M extends StreamMessage> extends Http2ConnectionHandler {

  private static final Logger LOG = LoggerFactory.getLogger(Http2Endpoint.class);

  /** Windows of the connection as a whole: it never holds streams up, since each has its own. */
  private static final int CONNECTION_WINDOW = 16 << 20;

  private final SessionChannel channel;
  private final SessionContext context;
  private final ClosedStreams closedStreams;
  private final FrameOutput output;
  private final Floods floods;
  private final FrameScanner scanner;
  private final StreamMessages<M> messages;
  private final WaitingOutput bodies;
  private final ArrayDeque<M> writableAgain = new ArrayDeque<>();

  private @Nullable ChannelHandlerContext ctx;
  private boolean inPass;
  private boolean flushing;
  private boolean flushScheduled;
  private boolean saidBusy;
  private boolean failed;
  private boolean closed;
  private int heldBytes;

  Http2Endpoint(Codec codec, SessionChannel channel, long mostWaiting) {
    // Close means close: the GOAWAYs are sent by the subclasses.
    super(codec.decoder(), codec.encoder(), codec.settings(), true);
    this.closedStreams = codec.closedStreams();
    this.output = codec.output();
    this.channel = channel;
    this.context = channel.context();
    this.floods = codec.floods();
    this.scanner = codec.scanner();
    this.messages = new StreamMessages<>(connection());
    this.bodies =
        new WaitingOutput(channel.connId(), channel.writer(), mostWaiting, this::allWritable);
  }

  // ---- what a subclass does

  /** The last of a message was handed over: that half of its stream closes. */
  abstract void messageSent(Http2Stream stream);

  /** After whatever has happened: what is owed, and whether this was the end. */
  abstract void settle();

  /** The connection has broken the protocol, as named: every message on it comes to nothing. */
  abstract void failAll(String kind);

  /** Nothing is to be waited for any more. */
  abstract void stopTimers();

  // ---- what it has

  final SessionChannel channel() {
    return channel;
  }

  final SessionContext context() {
    return context;
  }

  final FrameScanner scanner() {
    return scanner;
  }

  final Floods floods() {
    return floods;
  }

  final FrameOutput output() {
    return output;
  }

  final WaitingOutput bodies() {
    return bodies;
  }

  final StreamMessages<M> messages() {
    return messages;
  }

  /** Whether there is nobody left to be told. */
  final boolean ended() {
    return closed || failed;
  }

  final ScheduledTask schedule(Duration delay, Runnable task) {
    return context.schedule(delay, task);
  }

  /** The connection's time, by {@link SessionContext#nanoTime}. */
  final long now() {
    return context.nanoTime();
  }

  final void sayBusy(boolean busy) {
    if (busy != saidBusy) {
      saidBusy = busy;
      context.busy(busy);
    }
  }

  final ChannelHandlerContext ctx() {
    return Objects.requireNonNull(ctx, "not added to a pipeline");
  }

  // ---- what arrives

  @Override
  public void handlerAdded(ChannelHandlerContext added) throws Exception {
    ctx = added;
    super.handlerAdded(added);
  }

  @Override
  public void channelActive(ChannelHandlerContext active) throws Exception {
    super.channelActive(active);
    Http2Stream whole = connection().connectionStream();
    decoder()
        .flowController()
        .incrementWindowSize(
            whole, CONNECTION_WINDOW - decoder().flowController().windowSize(whole));
  }

  @Override
  public void channelRead(ChannelHandlerContext from, Object message) throws Exception {
    ByteBuf data = (ByteBuf) message;
    if (failed) {
      data.release();
      return;
    }
    inPass = true;
    try {
      scanner.scan(data);
    } catch (Http2Exception tooMuch) {
      data.release();
      onError(from, false, tooMuch);
      return;
    }
    super.channelRead(from, data);
  }

  @Override
  protected void decode(ChannelHandlerContext from, ByteBuf in, List<Object> out) throws Exception {
    if (failed) {
      in.skipBytes(in.readableBytes());
    } else {
      super.decode(from, in, out);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext from) throws Exception {
    inPass = false;
    super.channelReadComplete(from);
    int unfinished = actualReadableBytes();
    if (unfinished > heldBytes) {
      channel.writer().hold(channel.connId(), unfinished - heldBytes);
    } else if (unfinished < heldBytes) {
      channel.writer().consumed(channel.connId(), heldBytes - unfinished);
    }
    heldBytes = unfinished;
  }

  @Override
  public void channelInactive(ChannelHandlerContext from) throws Exception {
    closed = true;
    stopTimers();
    super.channelInactive(from);
  }

  // ---- what is sent

  final void writeHeaders(
      Http2Stream stream, Http2Headers headers, boolean informational, boolean last) {
    try {
      output.headers(stream.id(), headers, last, largestFrame());
      stream.headersSent(informational);
      if (last) {
        messageSent(stream);
      }
    } catch (Http2Exception e) {
      onError(ctx(), true, e);
    }
    flushSoon();
  }

  /** Where a body waits for the peer's window they come behind it, and so does the call. */
  final void writeTrailers(Http2Stream stream, Http2Headers trailers, Runnable sent) {
    if (!encoder().flowController().hasFlowControlled(stream)) {
      writeHeaders(stream, trailers, false, true);
      sent.run();
      return;
    }
    ChannelPromise promise = ctx().newPromise();
    promise.addListener(
        written -> {
          if (written.isSuccess()) {
            sent.run();
          }
        });
    encoder().writeHeaders(ctx(), stream.id(), trailers, 0, true, promise);
    flushSoon();
  }

  final void writeData(Http2Stream stream, ByteBuf data, int length, boolean last) {
    output.data(stream.id(), data, length, last);
  }

  final void queue(Http2Stream stream, Http2RemoteFlowController.FlowControlled data) {
    encoder().flowController().addFlowControlled(stream, data);
    flushSoon();
  }

  final void reset(Http2Stream stream, Http2Error error) {
    ChannelHandlerContext to = ctx();
    resetStream(to, stream.id(), error.code(), to.newPromise());
    flushSoon();
  }

  /** At once, and not when the kernel has taken the frame: nothing may be sent behind it. */
  @Override
  public ChannelFuture resetStream(
      ChannelHandlerContext to, int streamId, long errorCode, ChannelPromise promise) {
    Http2Stream stream = connection().stream(streamId);
    ChannelFuture written = super.resetStream(to, streamId, errorCode, promise);
    closedStreams.reset(streamId);
    if (stream != null) {
      stream.close();
    }
    return written;
  }

  /** The peer may send so many bytes of a body again. */
  final void consumed(Http2Stream stream, int bytes) {
    try {
      if (decoder().flowController().consumeBytes(stream, bytes)) {
        flushSoon();
      }
    } catch (Http2Exception e) {
      onError(ctx(), true, e);
    }
  }

  final int largestFrame() {
    return encoder().frameWriter().configuration().frameSizePolicy().maxFrameSize();
  }

  /** The peer opens its windows again for what it was sent. */
  final void dataSent(int bytes) {
    int largest = largestFrame();
    floods.dataSent(bytes, (bytes + largest - 1) / largest);
  }

  /** Told behind the flush, within which the codec does not expect more. */
  final void signalWritable(M message) {
    writableAgain.add(message);
    flushSoon();
  }

  private void allWritable() {
    messages.all().forEach(this::signalWritable);
  }

  /** What of a body leaves at once. */
  final int windowTo(Http2Stream stream) {
    Http2RemoteFlowController windows = encoder().flowController();
    return Math.min(
        windows.windowSize(stream), windows.windowSize(connection().connectionStream()));
  }

  /** At the end of the read pass, or once for what the loop has in hand. */
  final void flushSoon() {
    if (!inPass && !flushing && !flushScheduled && !closed) {
      flushScheduled = true;
      ctx().executor().execute(this::flushNow);
    }
  }

  private void flushNow() {
    flushScheduled = false;
    if (!closed) {
      flush(ctx());
    }
  }

  @Override
  public void flush(ChannelHandlerContext to) {
    if (flushing) {
      super.flush(to);
      return;
    }
    flushing = true;
    try {
      super.flush(to);
      M message;
      while ((message = writableAgain.poll()) != null) {
        message.writableAgain();
        super.flush(to);
      }
    } finally {
      flushing = false;
    }
    if (!ended()) {
      settle();
    }
  }

  // ---- how it ends

  @Override
  protected void onConnectionError(
      ChannelHandlerContext from,
      boolean outbound,
      Throwable cause,
      @Nullable Http2Exception error) {
    if (failed || closed || cause instanceof ClosedChannelException) {
      // The peer has left: that is for the connection's end to tell.
      return;
    }
    failed = true;
    String kind = kind(error);
    if (error == null) {
      LOG.debug("connection {}", context.id(), cause);
    }
    context.count(kind);
    context.note(kind);
    Http2Error code = error == null ? Http2Error.INTERNAL_ERROR : error.error();
    ByteBuf debug = ByteBufUtil.writeAscii(from.alloc(), kind);
    goAway(from, lastStream(), code.code(), debug, from.newPromise());
    failAll(kind);
    close(CloseReason.PROTOCOL_ERROR);
  }

  /** What a GOAWAY before this one has said can't be taken back. */
  private int lastStream() {
    int last = connection().remote().lastStreamCreated();
    return connection().goAwaySent()
        ? Math.min(last, connection().remote().lastStreamKnownByPeer())
        : last;
  }

  private static String kind(@Nullable Http2Exception error) {
    if (error instanceof Floods.Violation) {
      return Objects.requireNonNull(error.getMessage());
    }
    return name(error == null ? Http2Error.INTERNAL_ERROR : error.error());
  }

  /** What the interface counts, by RFC 9113, section 7. */
  static String name(Http2Error error) {
    return "http2_" + error.name().toLowerCase(Locale.ROOT);
  }

  final void close(CloseReason reason) {
    closed = true;
    stopTimers();
    ctx().flush();
    channel.writer().closeSocket(channel.connId(), reason);
  }
}
