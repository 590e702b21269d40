// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.rpc.CancelReason;
import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.AnswerFraming;
import dev.sluice.protocol.http.HttpExchange;
import dev.sluice.protocol.http.HttpProblem;
import dev.sluice.protocol.http.OwnLimits;
import dev.sluice.protocol.http.RequestHead;
import dev.sluice.protocol.http.RpcDispatcher;
import dev.sluice.protocol.http.WaitingOutput;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A stream's request and its answer. On the connection's loop, but for {@link #canWrite}. */
final class Http2Exchange extends HttpExchange implements StreamMessage {

  private final Http2Server server;
  private final Http2Stream stream;

  /** Made for its first part, on the loop; read by any thread that asks whether to write. */
  private volatile @Nullable OutgoingBody<Http2Exchange> body;

  private long declaredLeft = AnswerFraming.NO_LENGTH;

  /** The answer has been handed over to its last byte. */
  private boolean complete;

  private boolean continued;
  private final IncomingData incoming;

  /** Made at the first look at the time: most streams have ended before. */
  private @Nullable StreamDeadlines deadlines;

  Http2Exchange(
      Http2Server server, Http2Stream stream, RequestHead head, ConnId id, SessionWriter writer) {
    super(head, id, writer);
    this.server = server;
    this.stream = stream;
    this.incoming = new IncomingData(this, server, stream);
  }

  // ---- for the connection

  int streamId() {
    return stream.id();
  }

  RequestHead request() {
    return head();
  }

  StreamDeadlines deadlines() {
    StreamDeadlines watching = deadlines;
    if (watching == null) {
      watching = new StreamDeadlines(this, limits());
      deadlines = watching;
    }
    return watching;
  }

  /** The head was all of the request. */
  void hasNoBody() {
    requestEnded();
  }

  /** See {@link IncomingData#arrived}. */
  int arrived(ByteBuf data, int bytes, boolean last) throws Http2Exception {
    if (deadlines != null) {
      deadlines.bodyMoved(data.readableBytes());
    }
    return incoming.arrived(data, bytes, last);
  }

  void take(ByteBuf data, boolean last) {
    boolean unused = bodyArrived(data, last);
  }

  /** For a body of which more will come. */
  RequestWindow window(ReceivingWindows windows) {
    return incoming.window(windows);
  }

  long maxBodySize() {
    return limits().maxBodySize().bytes();
  }

  /** Whether what comes of the body is kept until it is whole. */
  boolean gathering() {
    return bodyGathered();
  }

  /** The node has no room for what is gathered, and gets none. */
  void findsNoRoom() {
    refuse(HttpProblem.INBOUND_FULL);
  }

  Http2Stream stream() {
    return stream;
  }

  /** What of it may still come, at the most. */
  long mostToGather() {
    return incoming.left(limits().maxAggregatedBodySize().bytes());
  }

  /** The client may send so much more. */
  void windowAgain(int bytes) {
    if (deadlines != null) {
      deadlines.bodyReleased();
    }
    server.consumed(stream, bytes);
  }

  void trailers(RpcHeaders fields) {
    trailersArrived(fields);
    take(Unpooled.EMPTY_BUFFER, true);
    incoming.close();
  }

  /** The request is broken or came too late: its answer, in the application's place. */
  void refuseFor(HttpProblem problem) {
    if (complete) {
      reset(Http2Error.NO_ERROR);
    } else {
      refuse(problem);
    }
  }

  /** For a request that no application hears of. */
  void answerRefused(HttpProblem problem) {
    connection().count(problem.code());
    answer(RpcDispatcher.refusal(problem));
  }

  @Override
  public void streamClosed() {
    gone();
    incoming.close();
  }

  /** The stream or its connection has ended. */
  void gone() {
    if (!complete) {
      complete = true;
      cancel(CancelReason.CLIENT_GONE);
    }
  }

  @Override
  public void writableAgain() {
    if (!complete) {
      becameWritable();
    }
  }

  boolean complete() {
    return complete;
  }

  boolean requestRead() {
    return bodyEnded();
  }

  boolean bodyHeld() {
    return incoming.isHeld();
  }

  boolean begun() {
    return answerBegun();
  }

  void expired() {
    timeOut();
  }

  /** Whether the client keeps bytes waiting by its windows. */
  boolean blocked() {
    OutgoingBody<Http2Exchange> out = body;
    return out != null && out.isWaiting() && server.windowShut(stream);
  }

  /** It does so for too long. */
  void stalled() {
    connection().count("response_stalled");
    reset(Http2Error.CANCEL);
  }

  OwnLimits own() {
    return ownLimits();
  }

  void lookedFor(ConnectionDeadlines watching) {
    Duration answer = limits().requestTimeout();
    watching.lookFor(answer);
    watching.lookFor(ownLimits().idleTimeout(answer));
  }

  /** Nothing has moved for too long: the client sees a reset where its answer was begun. */
  void rested() {
    if (!begun()) {
      timeOut();
    } else {
      connection().count("request_idle");
      cancel(CancelReason.TIMEOUT);
      reset(Http2Error.CANCEL);
    }
  }

  /** Of all answers of the connection: this one does not come to it. */
  private void tooMuchWaits() {
    connection().count(WaitingOutput.TOO_MUCH);
    reset(Http2Error.ENHANCE_YOUR_CALM);
  }

  void reset(Http2Error error) {
    gone();
    server.reset(stream, error);
  }

  // ---- for the answer's body

  @Override
  public void sent(int bytes) {
    if (deadlines != null) {
      deadlines.answerMoved(bytes);
    }
  }

  @Override
  public void bodySent() {
    endRequest();
  }

  // ---- the answer

  @Override
  protected void sendContinue() {
    if (!continued && incoming.none()) {
      continued = true;
      server.writeHeaders(stream, AnswerFields.CONTINUE, false);
    }
  }

  @Override
  protected boolean takesInterim() {
    return true;
  }

  @Override
  protected void sendInterim(int status, OutgoingFields fields) {
    if (!complete) {
      server.writeHeaders(stream, AnswerFields.interim(status, fields), true, false);
    }
  }

  @Override
  protected void sendWhole(RpcResponse response) {
    ByteBuf content = response.takeBody();
    if (complete) {
      content.release();
      return;
    }
    int length = content.readableBytes();
    AnswerFraming framing = AnswerFraming.whole(head().method(), response, length);
    boolean empty = !framing.content() || length == 0;
    if (!empty && !server.bodies().takes(length, server.windowTo(stream))) {
      content.release();
      tooMuchWaits();
      return;
    }
    complete = true;
    server.writeHeaders(stream, AnswerFields.head(response, framing), empty);
    if (empty) {
      content.release();
      endRequest();
    } else {
      body().add(content, true);
    }
  }

  @Override
  protected boolean sendHead(RpcResponse response) {
    if (complete) {
      return false;
    }
    AnswerFraming framing = AnswerFraming.streamed(head().method(), response);
    boolean bodiless = !framing.content();
    declaredLeft = framing.length();
    complete = bodiless;
    server.writeHeaders(stream, AnswerFields.head(response, framing), bodiless);
    if (bodiless) {
      endRequest();
    }
    return !bodiless;
  }

  @Override
  protected void sendData(ByteBuf data) {
    int bytes = data.readableBytes();
    if (complete) {
      data.release();
    } else if (declaredLeft != AnswerFraming.NO_LENGTH && bytes > declaredLeft) {
      data.release();
      lengthBroken(true);
    } else if (body().isFull()) {
      data.release();
      connection().count(CloseReason.SLOW_CONSUMER.code());
      breakOff();
    } else if (server.bodies().overBound() || (body().isOvershot() && server.bodies().strained())) {
      data.release();
      tooMuchWaits();
    } else {
      if (declaredLeft != AnswerFraming.NO_LENGTH) {
        declaredLeft -= bytes;
      }
      body().add(data, false);
    }
  }

  @Override
  protected void sendEnd(@Nullable RpcResponse trailers) {
    if (complete) {
      return;
    }
    if (declaredLeft > 0) {
      lengthBroken(false);
      return;
    }
    complete = true;
    if (trailers != null && trailers.fieldCount() > 0) {
      server.writeTrailers(stream, AnswerFields.trailers(trailers), this::endRequest);
    } else {
      body().end();
    }
  }

  /** The client sees from the reset that the end is missing. */
  @Override
  protected void breakOff() {
    cancel(CancelReason.HANDLER_FAILED);
    reset(Http2Error.INTERNAL_ERROR);
  }

  @Override
  protected void refuseBody() {
    refuse(HttpProblem.BODY_TOO_LARGE);
  }

  @Override
  protected int bodyMark() {
    return incoming.beside(super.bodyMark());
  }

  @Override
  protected void holdBody() {
    incoming.hold();
  }

  @Override
  protected void releaseBody() {
    if (deadlines != null) {
      deadlines.bodyReleased();
    }
    incoming.release();
  }

  @Override
  protected boolean canWrite() {
    OutgoingBody<Http2Exchange> out = body;
    return (out == null || out.isWritable()) && !server.bodies().strained();
  }

  private OutgoingBody<Http2Exchange> body() {
    OutgoingBody<Http2Exchange> out = body;
    if (out == null) {
      out = new OutgoingBody<>(server, stream, this);
      body = out;
    }
    return out;
  }

  private void endRequest() {
    incoming.answered(request().expectsContinue() && !continued);
  }
}
