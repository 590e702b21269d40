// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.CloseReason;
import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.RequestHead;
import dev.sluice.protocol.http.RpcDispatcher;
import dev.sluice.session.netty.NodeRequest;
import dev.sluice.session.netty.SessionChannel;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A connection's streams. Netty's codec keeps their states, windows and header tables; what comes
 * of them becomes requests here, and what goes wrong an answer, a reset or the connection's end. On
 * the connection's loop.
 */
final class Http2Server extends Http2Endpoint<Http2Exchange> {

  /** How long a client has to answer it, at the most. */
  private static final Duration ROUND_TRIP = Duration.ofSeconds(1);

  private final RpcDispatcher dispatcher;
  private final HttpConfiguration limits;
  private final boolean capped;
  private final ConnectionDeadlines deadlines;
  private final GoAways goAways;
  private final IdleEnd idle;
  private CloseReason endReason = CloseReason.DRAINED;

  /** For how long the requests under way let the connection be silent. */
  private Duration silence = Duration.ZERO;

  private Http2Server(
      Codec codec,
      SessionChannel channel,
      int firstWindow,
      RpcDispatcher dispatcher,
      RoomWatch room,
      boolean capped) {
    super(codec, channel, channel.context().rpc().http().maxWaitingAnswers().bytes());
    this.dispatcher = dispatcher;
    this.limits = context().rpc().http();
    this.capped = capped;
    this.deadlines = new ConnectionDeadlines(this, limits);
    this.goAways = new GoAways(this);
    this.idle = new IdleEnd(this, context().idleTimeout());
    codec.decoder().frameListener(new RequestFrames(this, limits, firstWindow, room));
  }

  /** Adds what serves a new connection to its pipeline. */
  static void serve(
      SessionChannel channel, RpcDispatcher dispatcher, RoomWatch room, boolean capped) {
    HttpConfiguration limits = channel.context().rpc().http();
    int firstWindow = ReceivingWindows.first(limits, channel);
    Codec codec = Codec.ofServer(limits, firstWindow);
    Http2Server server = new Http2Server(codec, channel, firstWindow, dispatcher, room, capped);
    channel.pipeline().addLast(codec.output(), server);
  }

  @Override
  public void channelActive(ChannelHandlerContext active) throws Exception {
    super.channelActive(active);
    idle.owes(false);
    if (!context().drainIdleGrace().isZero()) {
      goAways.announce(context().drainIdleGrace());
    }
    if (capped) {
      endReason = CloseReason.CAPPED;
      goAways.sayWithin(limits.headerTimeout());
    }
  }

  @Override
  void stopTimers() {
    deadlines.stop();
    goAways.stop();
    idle.stop();
  }

  // ---- requests

  void begin(Http2Stream stream, RequestHead head, boolean ended) {
    Http2Exchange exchange = add(stream, head, ended);
    if (capped) {
      exchange.answerRefused(HttpProblem.CAPPED);
    } else {
      dispatcher.dispatch(exchange);
      applyLimits(exchange);
    }
  }

  private void applyLimits(Http2Exchange exchange) {
    Duration own = exchange.own().silence();
    if (!own.isZero()) {
      exchange.lookedFor(deadlines);
      if (own.compareTo(silence) > 0) {
        saySilence(own);
      }
    }
  }

  private void saySilence(Duration most) {
    silence = most;
    context().mayBeSilent(most);
  }

  /** A request that no application hears of. */
  void refuse(
      Http2Stream stream, @Nullable CharSequence method, HttpProblem problem, boolean ended) {
    add(stream, RequestHead.refused("HTTP/2", method, ended), ended).answerRefused(problem);
  }

  private Http2Exchange add(Http2Stream stream, RequestHead head, boolean ended) {
    Http2Exchange exchange =
        new Http2Exchange(this, stream, head, channel().connId(), channel().writer());
    messages().add(stream, exchange);
    if (ended) {
      exchange.hasNoBody();
    }
    return exchange;
  }

  // ---- answers

  void writeHeaders(Http2Stream stream, Http2Headers headers, boolean last) {
    writeHeaders(stream, headers, headers == AnswerFields.CONTINUE, last);
  }

  /**
   * A request counts against the limit of those at work until its answer is out: where the client
   * does not read, until the kernel has taken it.
   */
  @Override
  void messageSent(Http2Stream stream) {
    closeStreamLocal(
        stream, channel().isWritable() ? ctx().newSucceededFuture() : output().written());
  }

  /** What the client may still send of a body. */
  int windowFor(Http2Stream stream) {
    return decoder().flowController().windowSize(stream);
  }

  boolean windowShut(Http2Stream stream) {
    return windowTo(stream) <= 0;
  }

  /** An application has begun what the client's own doing ends. */
  void workedInVain() throws Http2Exception {
    floods().provokedReset();
  }

  @Override
  void settle() {
    boolean owes = connection().numActiveStreams() > 0;
    sayBusy(owes);
    idle.owes(owes);
    if (capped && lastStreamBegun() > 0) {
      goAways.say();
    }
    if (goAways.said() && !owes) {
      close(endReason);
      return;
    }
    if (owes || scanner().unfinished()) {
      deadlines.run();
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
        floods().provokedReset();
      } catch (Http2Exception tooMany) {
        onConnectionError(from, false, tooMany, tooMany);
        return;
      }
      if (error instanceof Http2Exception.HeaderListSizeException && refuseLargeHead(error)) {
        return;
      }
    }
    context().count(name(error.error()));
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
  void failAll(String kind) {
    for (Http2Exchange exchange : messages().all()) {
      exchange.gone();
    }
  }

  // ---- deadlines

  /** Whether the timer has something to look at. */
  boolean watched() {
    return !ended() && (connection().numActiveStreams() > 0 || scanner().unfinished());
  }

  /** A frame was begun, and is not a part of a body that has a deadline of its own. */
  boolean headUnfinished() {
    if (!scanner().unfinished()) {
      return false;
    }
    int data = scanner().unfinishedData();
    Http2Stream stream = data == 0 ? null : connection().stream(data);
    return stream == null || messages().of(stream) == null;
  }

  long framesWhole() {
    return scanner().whole();
  }

  void headTooSlow() {
    onError(ctx(), false, new Floods.Violation(HttpProblem.REQUEST_TIMEOUT.code()));
  }

  void lookAtStreams(long now) {
    Duration most = Duration.ZERO;
    for (Http2Exchange exchange : messages().all()) {
      exchange.deadlines().look(now, scanner().partOfData(exchange.streamId()));
      Duration own = exchange.own().silence();
      most = own.compareTo(most) > 0 ? own : most;
    }
    if (!most.equals(silence)) {
      saySilence(most);
    }
  }

  // ---- the end

  @Override
  public void userEventTriggered(ChannelHandlerContext from, Object event) throws Exception {
    if (event instanceof NodeRequest.Drain drain) {
      Duration half = drain.deadline().dividedBy(2);
      Duration trip = ROUND_TRIP.compareTo(half) < 0 ? ROUND_TRIP : half;
      Duration grace = context().drainIdleGrace();
      goAways.announce(grace.compareTo(trip) > 0 ? grace : trip);
    } else if (event instanceof NodeRequest.Close) {
      goAways.say();
    } else {
      super.userEventTriggered(from, event);
    }
  }

  /** There was no request for long enough. */
  void endIdle() {
    endReason = CloseReason.IDLE_TIMEOUT;
    goAways.say();
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
}
