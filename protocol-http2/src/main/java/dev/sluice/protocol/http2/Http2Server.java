// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ScheduledTask;
import dev.sluice.api.SessionContext;
import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.RequestHead;
import dev.sluice.protocol.http.RpcDispatcher;
import dev.sluice.session.netty.NodeRequest;
import dev.sluice.session.netty.SessionChannel;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection's streams. Netty's codec keeps their states, windows and header tables; what comes
 * of them becomes requests here, and what goes wrong an answer, a reset or the connection's end. On
 * the connection's loop.
 */
final class Http2Server extends Http2ConnectionHandler {

  private static final Logger LOG = LoggerFactory.getLogger(Http2Server.class);

  /** Windows of the connection as a whole: it never holds streams up, since each has its own. */
  private static final int CONNECTION_WINDOW = 16 << 20;

  /** How long a client has to answer it, at the most. */
  private static final Duration ROUND_TRIP = Duration.ofSeconds(1);

  private final SessionChannel channel;
  private final SessionContext context;
  private final RpcDispatcher dispatcher;
  private final HttpConfiguration limits;
  private final boolean capped;
  private final StreamOrder order;
  private final FrameOutput output;
  private final Floods floods;
  private final FrameScanner scanner;
  private final ConnectionDeadlines deadlines;
  private final GoAways goAways;
  private final Http2Connection.PropertyKey exchangeKey;
  private final ArrayDeque<Http2Exchange> writableAgain = new ArrayDeque<>();

  private @Nullable ChannelHandlerContext ctx;
  private boolean inPass;
  private boolean flushing;
  private boolean flushScheduled;
  private boolean saidBusy;
  private boolean failed;
  private boolean closed;
  private int heldBytes;
  private CloseReason endReason = CloseReason.DRAINED;

  private Http2Server(
      ServerCodec codec, SessionChannel channel, RpcDispatcher dispatcher, boolean capped) {
    // Close means close: the GOAWAYs are sent by this class.
    super(codec.decoder(), codec.encoder(), codec.settings(), true);
    this.order = codec.order();
    this.output = codec.output();
    this.channel = channel;
    this.context = channel.context();
    this.dispatcher = dispatcher;
    this.limits = context.rpc().http();
    this.capped = capped;
    this.floods = codec.floods();
    this.scanner = new FrameScanner(floods);
    this.deadlines = new ConnectionDeadlines(this, limits);
    this.goAways = new GoAways(this);
    this.exchangeKey = connection().newKey();
    connection()
        .addListener(
            new Http2ConnectionAdapter() {
              @Override
              public void onStreamClosed(Http2Stream stream) {
                Http2Exchange exchange = exchange(stream);
                if (exchange != null) {
                  exchange.gone();
                }
              }
            });
    codec.decoder().frameListener(new RequestFrames(this, limits));
  }

  /** Adds what serves a new connection to its pipeline. */
  static void serve(SessionChannel channel, RpcDispatcher dispatcher, boolean capped) {
    ServerCodec codec = ServerCodec.of(channel.context().rpc().http());
    channel.pipeline().addLast(codec.output(), new Http2Server(codec, channel, dispatcher, capped));
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
    if (!context.drainIdleGrace().isZero()) {
      goAways.announce(context.drainIdleGrace());
    }
    if (capped) {
      endReason = CloseReason.CAPPED;
      goAways.sayWithin(limits.headerTimeout());
    }
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
    deadlines.stop();
    goAways.stop();
    super.channelInactive(from);
  }

  // ---- requests

  @Nullable Http2Exchange exchange(Http2Stream stream) {
    return stream.getProperty(exchangeKey);
  }

  void begin(Http2Stream stream, RequestHead head, boolean ended) {
    Http2Exchange exchange = add(stream, head, ended);
    if (capped) {
      exchange.answerRefused(HttpProblem.CAPPED);
    } else {
      dispatcher.dispatch(exchange);
    }
  }

  /** A request that no application hears of. */
  void refuse(
      Http2Stream stream, @Nullable CharSequence method, HttpProblem problem, boolean ended) {
    RequestHead none =
        new RequestHead(
            "HTTP/2",
            method == null ? "GET" : method.toString(),
            "",
            "/",
            null,
            RpcHeaders.EMPTY,
            ended ? 0 : RequestHead.UNKNOWN_LENGTH,
            false);
    add(stream, none, ended).answerRefused(problem);
  }

  private Http2Exchange add(Http2Stream stream, RequestHead head, boolean ended) {
    Http2Exchange exchange =
        new Http2Exchange(this, stream, head, channel.connId(), channel.writer());
    stream.setProperty(exchangeKey, exchange);
    if (ended) {
      exchange.hasNoBody();
    }
    return exchange;
  }

  // ---- answers

  void writeHeaders(Http2Stream stream, Http2Headers headers, boolean last) {
    try {
      output.headers(stream.id(), headers, last, largestFrame());
      stream.headersSent(headers == AnswerFields.CONTINUE);
      if (last) {
        answered(stream);
      }
    } catch (Http2Exception e) {
      onError(ctx(), true, e);
    }
    flushSoon();
  }

  /** Where a body waits for the client's window they come behind it, and so does the call. */
  void writeTrailers(Http2Stream stream, Http2Headers trailers, Runnable sent) {
    if (!encoder().flowController().hasFlowControlled(stream)) {
      writeHeaders(stream, trailers, true);
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

  void writeData(Http2Stream stream, ByteBuf data, int length, boolean last) {
    output.data(stream.id(), data, length, last);
  }

  void queue(Http2Stream stream, AnswerData data) {
    encoder().flowController().addFlowControlled(stream, data);
    flushSoon();
  }

  /**
   * A request counts against the limit of those at work until its answer is out: where the client
   * does not read, until the kernel has taken it.
   */
  void answered(Http2Stream stream) {
    closeStreamLocal(stream, channel.isWritable() ? ctx().newSucceededFuture() : output.written());
  }

  void reset(Http2Stream stream, Http2Error error) {
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
    order.reset(streamId);
    if (stream != null) {
      stream.close();
    }
    return written;
  }

  /** The client may send so many bytes of a body again. */
  void consumed(Http2Stream stream, int bytes) {
    try {
      if (decoder().flowController().consumeBytes(stream, bytes)) {
        flushSoon();
      }
    } catch (Http2Exception e) {
      onError(ctx(), true, e);
    }
  }

  int largestFrame() {
    return encoder().frameWriter().configuration().frameSizePolicy().maxFrameSize();
  }

  boolean windowShut(Http2Stream stream) {
    return encoder().flowController().windowSize(stream) <= 0
        || encoder().flowController().windowSize(connection().connectionStream()) <= 0;
  }

  /** An application has begun what the client's own doing ends. */
  void workedInVain() throws Http2Exception {
    floods.provokedReset();
  }

  void dataSent(int bytes) {
    int largest = largestFrame();
    floods.dataSent((bytes + largest - 1) / largest);
  }

  /** Told behind the flush, within which the codec does not expect more. */
  void signalWritable(Http2Exchange exchange) {
    writableAgain.add(exchange);
    flushSoon();
  }

  /** At the end of the read pass, or once for what the loop has in hand. */
  private void flushSoon() {
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
      Http2Exchange exchange;
      while ((exchange = writableAgain.poll()) != null) {
        exchange.writableAgain();
        super.flush(to);
      }
    } finally {
      flushing = false;
    }
    settle();
  }

  /** After whatever has happened: what is owed, and whether this was the end. */
  private void settle() {
    if (closed || failed) {
      return;
    }
    boolean owes = connection().numActiveStreams() > 0;
    if (owes != saidBusy) {
      saidBusy = owes;
      context.busy(owes);
    }
    if (capped && lastStreamBegun() > 0) {
      goAways.say();
    }
    if (goAways.said() && !owes) {
      close(endReason);
      return;
    }
    if (owes || scanner.unfinished()) {
      deadlines.watch();
    }
  }

  // ---- what goes wrong

  @Override
  protected void onStreamError(
      ChannelHandlerContext from,
      boolean outbound,
      Throwable cause,
      Http2Exception.StreamException error) {
    if (!outbound) {
      try {
        floods.provokedReset();
      } catch (Http2Exception tooMany) {
        onConnectionError(from, false, tooMany, tooMany);
        return;
      }
      if (error instanceof Http2Exception.HeaderListSizeException && refuseLargeHead(error)) {
        return;
      }
    }
    context.count(name(error.error()));
    super.onStreamError(from, outbound, cause, error);
  }

  /** RFC 6585, section 5: the codec has read the fields to keep its table, and dropped them. */
  private boolean refuseLargeHead(Http2Exception.StreamException error) {
    Http2Stream stream = connection().stream(error.streamId());
    if (stream != null) {
      return false;
    }
    try {
      Http2Stream made = connection().remote().createStream(error.streamId(), true);
      refuse(made, null, HttpProblem.HEADERS_TOO_LARGE, true);
      return true;
    } catch (Http2Exception noSuchStream) {
      return false;
    }
  }

  @Override
  protected void onConnectionError(
      ChannelHandlerContext from,
      boolean outbound,
      Throwable cause,
      @Nullable Http2Exception error) {
    if (failed || closed) {
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
    cancelAll();
    close(CloseReason.PROTOCOL_ERROR);
  }

  /** What a GOAWAY before this one has said can't be taken back. */
  private int lastStream() {
    int last = lastStreamBegun();
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
  private static String name(Http2Error error) {
    return "http2_" + error.name().toLowerCase(Locale.ROOT);
  }

  private void cancelAll() {
    for (Http2Exchange exchange : exchanges()) {
      exchange.gone();
    }
  }

  // ---- deadlines

  ScheduledTask schedule(Duration delay, Runnable task) {
    return context.schedule(delay, task);
  }

  /** Whether the timer has something to look at. */
  boolean watched() {
    return !closed && !failed && (connection().numActiveStreams() > 0 || scanner.unfinished());
  }

  /** A frame was begun, and is not a part of a body that has a deadline of its own. */
  boolean headUnfinished() {
    if (!scanner.unfinished()) {
      return false;
    }
    int data = scanner.unfinishedData();
    Http2Stream stream = data == 0 ? null : connection().stream(data);
    return stream == null || exchange(stream) == null;
  }

  long framesWhole() {
    return scanner.whole();
  }

  void headTooSlow() {
    onError(ctx(), false, new Floods.Violation(HttpProblem.REQUEST_TIMEOUT.code()));
  }

  void lookAtStreams(long now) {
    for (Http2Exchange exchange : exchanges()) {
      exchange.deadlines().look(now, scanner.partOfData(exchange.streamId()));
    }
  }

  /** A copy: what is done with one may end it. */
  private List<Http2Exchange> exchanges() {
    List<Http2Exchange> all = new ArrayList<>(connection().numActiveStreams());
    try {
      connection()
          .forEachActiveStream(
              stream -> {
                Http2Exchange exchange = exchange(stream);
                if (exchange != null) {
                  all.add(exchange);
                }
                return true;
              });
    } catch (Http2Exception neverThrown) {
      throw new IllegalStateException(neverThrown);
    }
    return all;
  }

  // ---- the end

  @Override
  public void userEventTriggered(ChannelHandlerContext from, Object event) throws Exception {
    if (event instanceof NodeRequest.Drain drain) {
      Duration half = drain.deadline().dividedBy(2);
      Duration trip = ROUND_TRIP.compareTo(half) < 0 ? ROUND_TRIP : half;
      Duration grace = context.drainIdleGrace();
      goAways.announce(grace.compareTo(trip) > 0 ? grace : trip);
    } else if (event instanceof NodeRequest.Close) {
      goAways.say();
    } else {
      super.userEventTriggered(from, event);
    }
  }

  /** All streams up to the last one are answered, later ones are not looked at. */
  void goAway(int last) {
    ChannelHandlerContext to = ctx();
    goAway(to, last, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, to.newPromise());
    flushSoon();
  }

  void ping(long data) {
    ChannelHandlerContext to = ctx();
    encoder().writePing(to, false, data, to.newPromise());
    flushSoon();
  }

  void pingAnswered(long data) {
    if (!ended()) {
      goAways.pingAnswered(data);
    }
  }

  int lastStreamBegun() {
    return connection().remote().lastStreamCreated();
  }

  /** Whether there is nobody left to be told. */
  boolean ended() {
    return closed || failed;
  }

  private void close(CloseReason reason) {
    closed = true;
    deadlines.stop();
    goAways.stop();
    ctx().flush();
    channel.writer().closeSocket(channel.connId(), reason);
  }

  private ChannelHandlerContext ctx() {
    return Objects.requireNonNull(ctx, "not added to a pipeline");
  }
}
