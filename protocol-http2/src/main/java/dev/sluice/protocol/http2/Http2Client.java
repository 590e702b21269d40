// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.CloseReason;
import dev.sluice.protocol.http.client.HttpClientDeadlines;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import dev.sluice.protocol.http.client.HttpClientSettings;
import dev.sluice.protocol.http.client.RequestRoom;
import dev.sluice.session.netty.NodeRequest;
import dev.sluice.session.netty.SessionChannel;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The client's end of a connection: requests on streams, side by side. On its loop. */
final class Http2Client extends Http2Endpoint<Http2Call> {

  /** Until the server has said how many it takes (RFC 9113, section 6.5.2). */
  private static final int BEFORE_SETTINGS = 100;

  /** However many a server takes: each may cost a window of memory. */
  private static final int MOST_STREAMS = 1000;

  private final HttpClientSettings settings;
  private final String authority;
  private final HttpClientDeadlines deadlines;
  private final ServerCheck check;

  /** What the server has given as its reason to end, for people. */
  private String goneFor = "";

  private final RequestRoom room = new RequestRoom(BEFORE_SETTINGS);

  private Http2Client(Codec codec, SessionChannel channel, HttpClientSettings settings) {
    super(codec, channel, Long.MAX_VALUE);
    this.settings = settings;
    this.authority = settings.authority() == null ? "" : settings.authority();
    this.check = new ServerCheck(this, settings);
    this.deadlines = new HttpClientDeadlines(context(), this::calls);
    codec.decoder().frameListener(new ResponseFrames(this));
  }

  /** Adds the client of a new connection to its pipeline. */
  static Http2Client of(SessionChannel channel) {
    HttpClientSettings settings = HttpClientSettings.of(channel.context());
    Codec codec = Codec.ofClient(settings);
    Http2Client client = new Http2Client(codec, channel, settings);
    channel.pipeline().addLast(codec.output(), client);
    return client;
  }

  // ---- requests

  void begin(Http2Call call) {
    if (call.ended()) {
      return;
    }
    if (room.isClosed()) {
      call.refused(Kind.CLOSED, "the connection takes no more requests");
    } else if (check.holds(call)) {
      deadlines.watch();
    } else if (connection().local().numActiveStreams() >= room.most()) {
      call.refused(Kind.LIMIT, "as many requests are under way as the server takes");
    } else {
      call.start();
      deadlines.watch();
      settle();
    }
  }

  private List<Http2Call> calls() {
    List<Http2Call> all = messages().all();
    check.addTo(all);
    return all;
  }

  RequestRoom room() {
    return room;
  }

  // ---- whether the server is there

  @Override
  public void channelRead(ChannelHandlerContext from, Object message) throws Exception {
    check.heard();
    super.channelRead(from, message);
  }

  void checkServer() {
    check.ask();
  }

  void ping(long data) {
    encoder().writePing(ctx(), false, data, ctx().newPromise());
    flushSoon();
  }

  void pingAnswered(long data) {
    check.answered(data);
  }

  /** Nothing has come for so long that nothing will: what is under way need not wait for it. */
  void serverGone(String why) {
    context().count("ping_timeout");
    context().note("ping_timeout");
    lose(why);
    channel().writer().abort(channel().connId(), CloseReason.SESSION_ABORTED);
  }

  private void lose(String why) {
    room.close();
    check.fail(why);
    for (Http2Call call : messages().all()) {
      call.connectionLost(why);
    }
  }

  /** Null: it could not be, and the call has heard of it if there was a reason beside the end. */
  @Nullable Http2Stream open(Http2Call call, boolean last) {
    if (ended()) {
      return null;
    }
    int id = connection().local().incrementAndGetNextStreamId();
    if (id < 0) {
      room.close();
      call.refused(Kind.CLOSED, "the connection has no more streams");
      return null;
    }
    Http2Headers head = SentFields.head(call.request(), authority, context().secure());
    try {
      Http2Stream stream = connection().local().createStream(id, false);
      try {
        output().headers(id, head, last, largestFrame());
      } catch (Http2Exception tooLarge) {
        stream.close();
        call.refused(
            Kind.RECEIVER_FAILED, "the server takes no such head: " + tooLarge.getMessage());
        return null;
      }
      stream.headersSent(false);
      messages().add(stream, call);
      if (last) {
        messageSent(stream);
      }
      flushSoon();
      return stream;
    } catch (Http2Exception notNow) {
      call.refused(Kind.LIMIT, String.valueOf(notNow.getMessage()));
      return null;
    }
  }

  @Override
  void messageSent(Http2Stream stream) {
    closeStreamLocal(stream, ctx().newSucceededFuture());
  }

  void hold(int bytes) {
    channel().writer().hold(channel().connId(), bytes);
  }

  void unhold(int bytes) {
    channel().writer().consumed(channel().connId(), bytes);
  }

  // ---- what the server says of the connection

  void checkCount(int stream, Http2Headers headers) throws Http2Exception {
    if (headers.size() > settings.maxHeadersCount()) {
      Http2Call call = messages().of(stream);
      if (call != null) {
        call.failing(Kind.RESPONSE_TOO_LARGE, "more header fields than are taken");
      }
      throw Http2Exception.streamError(stream, Http2Error.CANCEL, "Too many fields");
    }
  }

  void settingsRead() {
    // None at all for now is no end: another SETTINGS frame may follow.
    room.change(Math.min(connection().local().maxActiveStreams(), MOST_STREAMS));
  }

  /** What it has not looked at can be tried elsewhere (RFC 9113, section 6.8). */
  void goAwayRead(int last, long code) {
    room.close();
    if (code != Http2Error.NO_ERROR.code()) {
      goneFor = ", and had said why: " + name(code);
    }
    for (Http2Call call : messages().all()) {
      if (call.streamId() > last) {
        call.behindTheLast("the server ends the connection before it: " + name(code));
      }
    }
  }

  /** For people. */
  static String name(long code) {
    Http2Error error = Http2Error.valueOf(code);
    return error == null ? "code " + code : error.name();
  }

  @Override
  void settle() {
    boolean owed = connection().numActiveStreams() > 0;
    sayBusy(owed);
    if (!owed && room.isClosed()) {
      goAway(ctx(), 0, Http2Error.NO_ERROR.code(), Unpooled.EMPTY_BUFFER, ctx().newPromise());
      close(CloseReason.SESSION_CLOSED);
    }
  }

  // ---- what goes wrong

  @Override
  protected void onStreamError(
      ChannelHandlerContext from,
      boolean outbound,
      Throwable cause,
      Http2Exception.StreamException error) {
    Http2Call call = messages().of(error.streamId());
    if (call != null) {
      boolean large = error instanceof Http2Exception.HeaderListSizeException;
      call.failing(
          large ? Kind.RESPONSE_TOO_LARGE : Kind.INVALID_RESPONSE,
          "what came is no response that is taken: " + error.getMessage());
    }
    context().count(name(error.error()));
    if (call == null) {
      super.onStreamError(from, outbound, cause, error);
    } else {
      // The codec's own way closes it only when the frame has left.
      resetStream(from, error.streamId(), error.error().code(), from.newPromise());
      flushSoon();
    }
  }

  @Override
  void failAll(String kind) {
    room.close();
    check.fail("the server has broken the protocol: " + kind);
    for (Http2Call call : messages().all()) {
      call.lost(Kind.INVALID_RESPONSE, "the server has broken the protocol: " + kind);
    }
  }

  @Override
  void stopTimers() {
    check.stop();
  }

  @Override
  public void channelInactive(ChannelHandlerContext from) throws Exception {
    lose("the connection has ended before the response had" + goneFor);
    super.channelInactive(from);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext from, Object event) throws Exception {
    if (event instanceof NodeRequest) {
      shutdown();
    } else {
      super.userEventTriggered(from, event);
    }
  }

  /** Takes no more, and ends behind what is under way. */
  void shutdown() {
    room.close();
    if (!ended()) {
      flushSoon();
    }
  }
}
