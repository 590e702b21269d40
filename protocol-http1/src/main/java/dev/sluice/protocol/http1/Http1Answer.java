// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.rpc.CancelReason;
import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.protocol.http.AnswerFraming;
import dev.sluice.protocol.http.HttpExchange;
import dev.sluice.protocol.http.RequestHead;
import io.netty.buffer.ByteBuf;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * How an answer goes out: in the order of the requests, so that what is given before its turn waits
 * here; how it is framed; and whether the connection ends behind it.
 */
abstract class Http1Answer extends HttpExchange {

  /**
   * More parts than this waiting for their turn, from a handler that does not hold back, end it.
   */
  private static final int MAX_WAITING = 16 << 20;

  private static final ByteBuf CONTINUE = Chunks.constant("HTTP/1.1 100 Continue\r\n\r\n");

  private final Http1Session session;
  private final boolean http10;

  // Written on the loop; read by any thread that asks whether to write.
  private volatile boolean turn;

  private final WaitingAnswer waiting = new WaitingAnswer();

  /** The end of a streamed answer, which comes behind more than may be queued. */
  private @Nullable Runnable endOwed;

  /** What its application hears where the answer comes to nothing. */
  private CancelReason cancelled = CancelReason.CLIENT_GONE;

  private boolean continueOwed;
  private boolean continued;
  private boolean complete;
  private boolean closing;
  private boolean reset;
  private CloseReason closeReason = CloseReason.SESSION_CLOSED;

  /** Null where the answer is not streamed. */
  private @Nullable OutgoingBody streamed;

  Http1Answer(Http1Session session, RequestHead head, ConnId id, SessionWriter writer) {
    super(head, id, writer);
    this.session = session;
    this.http10 = head.protocol().equals(RequestRules.HTTP_1_0);
  }

  /** Whether the client has sent anything of a body. */
  abstract boolean bodyBegun();

  /** Whether more of the request is to come than is worth reading behind its answer. */
  abstract boolean unreadIsTooMuch(boolean continued);

  // ---- for the session

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
    return waiting.bytes();
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
    ByteBuf queued = waiting.take(connection().allocator());
    if (queued != null) {
      session.write(queued);
    }
    if (!complete) {
      becameWritable();
    }
  }

  void writable() {
    Runnable end = endOwed;
    endOwed = null;
    if (end == null) {
      becameWritable();
    } else if (!complete) {
      end.run();
    }
  }

  boolean answerUnderWay() {
    return answerBegun() && !complete;
  }

  void closeBehind() {
    closing = true;
  }

  /** Where the connection ends behind it, this is why. */
  final void closeFor(CloseReason reason) {
    closeReason = reason;
  }

  /** The connection has gone, or its end was decided. */
  final void gone() {
    waiting.drop();
    complete = true;
    cancel(CancelReason.CLIENT_GONE);
  }

  // ---- the answer

  @Override
  protected void sendContinue() {
    if (bodyBegun()) {
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
    if (mayWait(0)) {
      emit(AnswerHead.interim(connection().allocator(), status, fields));
    }
  }

  @Override
  protected void sendWhole(RpcResponse response) {
    ByteBuf content = response.takeBody();
    int length = content.readableBytes();
    AnswerFraming framing = AnswerFraming.whole(head().method(), response, length);
    if (!mayWait(framing.content() ? length : 0)) {
      content.release();
      return;
    }
    decideClose(response);
    closing |= unreadIsTooMuch(continued);
    boolean copied = framing.content() && length <= Chunks.COPIED;
    ByteBuf out = beginHead(response, framing, copied ? length : 0);
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
    AnswerFraming framing = AnswerFraming.streamed(head().method(), response);
    decideClose(response);
    ByteBuf out = beginHead(response, framing, 0);
    if (!framing.content()) {
      closing |= unreadIsTooMuch(continued);
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
    if (!mayWait(data.readableBytes())) {
      data.release();
    } else if (!streamed().write(data, this)) {
      lengthBroken(true);
    }
  }

  @Override
  protected void sendEnd(@Nullable RpcResponse trailers) {
    if (turn && !session.isWritable()) {
      // Its last part may be as large as it likes: the end must not find too much before it.
      endOwed = () -> end(trailers);
    } else {
      end(trailers);
    }
  }

  private void end(@Nullable RpcResponse trailers) {
    if (!streamed().end(trailers, this)) {
      lengthBroken(false);
      return;
    }
    if (unreadIsTooMuch(continued)) {
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
  protected boolean canWrite() {
    return turn && session.isWritable();
  }

  private OutgoingBody streamed() {
    return Objects.requireNonNull(streamed, "its head has not been sent");
  }

  private ByteBuf beginHead(RpcResponse response, AnswerFraming framing, int behind) {
    ByteBuf out = connection().allocator().buffer(AnswerHead.capacity(response) + behind);
    AnswerHead.begin(out, response.status(), framing);
    AnswerHead.fields(out, response.fields(), framing);
    return out;
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

  /** Sends bytes of the answer, or keeps them until it has its turn; takes the buffer over. */
  void emit(ByteBuf data) {
    if (complete) {
      data.release();
    } else if (turn) {
      session.write(data);
    } else {
      waiting.add(data, session.waiting());
    }
  }

  /** Whether so much more may be sent or wait. False: the answer was given up. */
  private boolean mayWait(int bytes) {
    if (turn || complete) {
      return true;
    }
    if (waiting.bytes() > MAX_WAITING) {
      // Its handler does not hold back, whatever room there is.
      connection().count(CloseReason.SLOW_CONSUMER.code());
      connection().note("an answer waits behind others and is too large to wait");
      cancelled = CancelReason.HANDLER_FAILED;
    } else if (session.mayWait(this, bytes)) {
      return true;
    }
    session.giveUp(this);
    return false;
  }

  /** Nothing of it was sent: the answers before it are, and the connection ends in its place. */
  void giveUp() {
    closing = true;
    closeReason = CloseReason.SLOW_CONSUMER;
    complete = true;
    waiting.drop();
    cancel(cancelled);
  }

  private void finish() {
    if (!complete) {
      complete = true;
      session.answered();
    }
  }
}
