// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

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
import dev.sluice.protocol.http.RequestHead;
import dev.sluice.protocol.http.RpcDispatcher;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A request of one connection and its answer. The answers of a connection go out in the order of
 * its requests: what is given before its turn waits here.
 */
final class Http1Exchange extends HttpExchange {

  /**
   * More parts than this waiting for their turn, from a handler that does not hold back, end it.
   */
  private static final int MAX_WAITING = 16 << 20;

  private static final ByteBuf CONTINUE = Chunks.constant("HTTP/1.1 100 Continue\r\n\r\n");

  private final Http1Session session;
  private final boolean http10;
  private final IncomingBody body;

  // Written on the loop; read by any thread that asks whether to write.
  private volatile boolean turn;

  private @Nullable ArrayDeque<ByteBuf> waiting;
  private int waitingBytes;
  private boolean continueOwed;
  private boolean continued;
  private boolean complete;
  private boolean closing;
  private boolean reset;
  private CloseReason closeReason = CloseReason.SESSION_CLOSED;

  /** Null where the answer is not streamed. */
  private @Nullable OutgoingBody streamed;

  Http1Exchange(
      Http1Session session, RequestHead head, IncomingBody body, ConnId id, SessionWriter writer) {
    super(head, id, writer);
    this.session = session;
    this.http10 = head.protocol().equals(RequestRules.HTTP_1_0);
    this.body = body;
  }

  // ---- for the session

  boolean safe() {
    return head().isSafe();
  }

  boolean keepAlive() {
    return head().keepAlive();
  }

  RequestHead request() {
    return head();
  }

  IncomingBody incoming() {
    return body;
  }

  /** The answer has been handed over to its last byte. */
  boolean complete() {
    return complete;
  }

  /** Whether the connection ends behind the answer. */
  boolean closing() {
    return closing;
  }

  boolean reset() {
    return reset;
  }

  CloseReason closeReason() {
    return closeReason;
  }

  int waitingBytes() {
    return waitingBytes;
  }

  /** Whether the answers before this one are out. */
  boolean hasTurn() {
    return turn;
  }

  /** The answers before this one are out: what has waited follows them. */
  void takeTurn() {
    turn = true;
    if (continueOwed && !answerBegun()) {
      sendContinue();
    }
    ArrayDeque<ByteBuf> queued = waiting;
    waiting = null;
    waitingBytes = 0;
    if (queued != null) {
      queued.forEach(session::write);
    }
    if (!complete) {
      becameWritable();
    }
  }

  void arrived(ByteBuf data, boolean last) {
    boolean unused = bodyArrived(data, last);
  }

  void trailers(RpcHeaders fields) {
    trailersArrived(fields);
  }

  void hasNoBody() {
    requestEnded();
  }

  boolean requestRead() {
    return bodyEnded();
  }

  boolean begun() {
    return answerBegun();
  }

  void writable() {
    becameWritable();
  }

  void expired() {
    timeOut();
  }

  /** The request is broken or came too late: its answer, in the application's place. */
  void refuseFor(HttpProblem problem) {
    closeReason = CloseReason.PROTOCOL_ERROR;
    refuse(problem);
  }

  /** For a request that no application hears of. */
  void answerRefused(HttpProblem problem) {
    closeReason = CloseReason.PROTOCOL_ERROR;
    RpcResponse response = problem.response().closeConnection();
    if (problem == HttpProblem.METHOD_NOT_ALLOWED) {
      response.header("allow", RpcDispatcher.METHODS);
    }
    answer(response);
  }

  void closeBehind() {
    closing = true;
  }

  /** Its request will never be whole: the connection ends in the place of an answer. */
  void abandon() {
    closing = true;
    gone();
  }

  /** The connection has gone, or its end was decided. */
  void gone() {
    dropWaiting();
    complete = true;
    cancel(CancelReason.CLIENT_GONE);
  }

  // ---- the answer

  @Override
  protected void sendContinue() {
    if (body.begun()) {
      return; // The client has not waited.
    }
    if (turn) {
      continued = true;
      session.write(CONTINUE.duplicate());
    } else {
      continueOwed = true;
    }
  }

  /** RFC 9110, section 15.2: HTTP/1.0 has none. */
  @Override
  protected boolean takesInterim() {
    return !http10;
  }

  @Override
  protected void sendInterim(int status, OutgoingFields fields) {
    emit(AnswerHead.interim(connection().allocator(), status, fields));
    if (waitingBytes > MAX_WAITING) {
      giveUpWaiting();
    }
  }

  @Override
  protected void sendWhole(RpcResponse response) {
    ByteBuf content = response.takeBody();
    int length = content.readableBytes();
    AnswerFraming framing = AnswerFraming.whole(head().method(), response, length);
    decideClose(response);
    closing |= unreadIsTooMuch();
    boolean copied = framing.content() && length <= Chunks.COPIED;
    ByteBuf out =
        connection().allocator().buffer(AnswerHead.capacity(response) + (copied ? length : 0));
    AnswerHead.begin(out, response.status(), framing);
    AnswerHead.fields(out, response.fields(), framing);
    endHead(out);
    if (copied) {
      Chunks.copy(content, out);
    }
    emit(out);
    if (copied || !framing.content()) {
      content.release();
    } else {
      emit(content);
    }
    finish();
  }

  @Override
  protected boolean sendHead(RpcResponse response) {
    ByteBuf out = connection().allocator().buffer(AnswerHead.capacity(response));
    AnswerFraming framing = AnswerFraming.streamed(head().method(), response);
    decideClose(response);
    AnswerHead.begin(out, response.status(), framing);
    AnswerHead.fields(out, response.fields(), framing);
    if (!framing.content()) {
      closing |= unreadIsTooMuch();
      endHead(out);
      emit(out);
      finish();
      return false;
    }
    if (framing.length() != AnswerFraming.NO_LENGTH) {
      streamed = OutgoingBody.ofLength(framing.length());
    } else if (http10) {
      streamed = OutgoingBody.UNTIL_CLOSE;
      closing = true;
    } else {
      streamed = OutgoingBody.CHUNKED;
      AnswerHead.chunked(out);
    }
    endHead(out);
    emit(out);
    return true;
  }

  @Override
  protected void sendData(ByteBuf data) {
    if (!streamed().write(data, this)) {
      lengthBroken(true);
    } else if (waitingBytes > MAX_WAITING) {
      giveUpWaiting();
    }
  }

  @Override
  protected void sendEnd(@Nullable RpcResponse trailers) {
    if (!streamed().end(trailers, this)) {
      lengthBroken(false);
      return;
    }
    if (unreadIsTooMuch()) {
      closing = true;
    }
    finish();
  }

  /** What was begun can't be taken back: the client sees that its end is missing. */
  @Override
  protected void breakOff() {
    cancel(CancelReason.HANDLER_FAILED);
    closing = true;
    if (closeReason.equals(CloseReason.SESSION_CLOSED)) {
      closeReason = CloseReason.PROTOCOL_ERROR;
    }
    // Where the connection's end is the body's, an orderly one would look like a whole answer.
    reset = streamed == OutgoingBody.UNTIL_CLOSE;
    finish();
  }

  @Override
  protected void holdBody() {
    session.holdBody(this, true);
  }

  @Override
  protected void releaseBody() {
    session.holdBody(this, false);
  }

  @Override
  protected boolean canWrite() {
    return turn && session.isWritable();
  }

  private OutgoingBody streamed() {
    return Objects.requireNonNull(streamed, "its head has not been sent");
  }

  private void endHead(ByteBuf out) {
    if (closing) {
      AnswerHead.close(out);
    } else if (http10) {
      AnswerHead.keepAlive(out);
    }
    AnswerHead.end(out);
  }

  private void decideClose(RpcResponse response) {
    closing |= !head().keepAlive() || response.closing() || session.endsBehind(this);
  }

  /**
   * Whether more of the body is to come than is worth reading for the sake of the next request, or
   * perhaps nothing: a client that expected to be told to go on may send the next one instead (RFC
   * 9110, section 10.1.1).
   */
  private boolean unreadIsTooMuch() {
    return !bodyEnded()
        && ((head().expectsContinue() && !continued && !body.begun())
            || body.left() > RequestReader.MAX_DISCARD);
  }

  /** Sends bytes of the answer, or keeps them until it has its turn; takes the buffer over. */
  void emit(ByteBuf data) {
    if (complete) {
      data.release();
    } else if (turn) {
      session.write(data);
    } else {
      waitingBytes += data.readableBytes();
      if (waiting == null) {
        waiting = new ArrayDeque<>();
      }
      waiting.add(data);
    }
  }

  /** Nothing of it was sent: the answers before it are, and the connection ends in its place. */
  private void giveUpWaiting() {
    connection().count(CloseReason.SLOW_CONSUMER.code());
    connection().note("an answer waits behind others and is too large to wait");
    closing = true;
    closeReason = CloseReason.SLOW_CONSUMER;
    dropWaiting();
    cancel(CancelReason.HANDLER_FAILED);
    finish();
  }

  private void dropWaiting() {
    ArrayDeque<ByteBuf> queued = waiting;
    waiting = null;
    waitingBytes = 0;
    if (queued != null) {
      queued.forEach(ByteBuf::release);
    }
  }

  private void finish() {
    if (!complete) {
      complete = true;
      session.answered();
    }
  }
}
