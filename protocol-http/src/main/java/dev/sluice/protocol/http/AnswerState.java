// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.rpc.CancelReason;
import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcResponse;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Who answers a request, how far the answer has come, and what has cancelled it. Written on the
 * connection's loop; only who answers, and that the answer is streamed, is decided on any thread.
 */
final class AnswerState {

  private static final int NOBODY = 0;
  private static final int HANDLER = 1;
  private static final int NODE = 2;

  private enum Phase {
    WAITING,
    STREAMING,
    DONE
  }

  private static final AtomicIntegerFieldUpdater<AnswerState> ANSWERED_BY =
      AtomicIntegerFieldUpdater.newUpdater(AnswerState.class, "answeredBy");

  private final HttpExchange exchange;

  /** Who has answered, or is about to; the first one does, on any thread. */
  private volatile int answeredBy = NOBODY;

  // Loop only.
  private Phase phase = Phase.WAITING;
  private @Nullable Consumer<CancelReason> onCancel;

  // Written on the loop, read by whoever asks.
  private volatile @Nullable CancelReason cancelled;

  // Written once, by who has claimed the answer, before the loop hears of it.
  private volatile @Nullable StreamedAnswer streamed;

  AnswerState(HttpExchange exchange) {
    this.exchange = exchange;
  }

  // ---- any thread

  boolean isCancelled() {
    return cancelled != null;
  }

  boolean isCancelledFor(CancelReason reason) {
    return cancelled == reason;
  }

  /** True: the answer is the application's to send; else it was released. */
  boolean claim(RpcResponse response) {
    boolean first = ANSWERED_BY.compareAndSet(this, NOBODY, HANDLER);
    if (first && cancelled == null) {
      return true;
    }
    response.release();
    if (!first && answeredBy == HANDLER) {
      throw new IllegalStateException("answered before");
    }
    return false;
  }

  boolean interim(int status, OutgoingFields fields) {
    if (answeredBy != NOBODY || cancelled != null) {
      return false;
    }
    exchange.onLoop(
        () -> {
          if (isAwaited()) {
            exchange.sendInterim(status, fields);
          }
        });
    return true;
  }

  ResponseBody stream(RpcResponse response) {
    if (response.hasBody()) {
      response.release();
      throw new IllegalStateException("the parts are the body of an answer that is streamed");
    }
    StreamedAnswer answer = new StreamedAnswer(exchange, this);
    if (!claim(response)) {
      return answer.tooLate();
    }
    streamed = answer;
    exchange.onLoop(() -> begin(response));
    return answer;
  }

  // ---- how far it is, on the loop

  /** Nothing of it was sent, and nothing stands against it. */
  boolean isAwaited() {
    return phase == Phase.WAITING && cancelled == null;
  }

  boolean isBegun() {
    return phase != Phase.WAITING;
  }

  private boolean isOpen() {
    return phase != Phase.DONE && cancelled == null;
  }

  private boolean isStreaming() {
    return phase == Phase.STREAMING && cancelled == null;
  }

  // ---- the answer, on the loop

  /** Without any application. */
  void answerForNode(RpcResponse response) {
    answeredBy = NODE;
    phase = Phase.DONE;
    exchange.sendWhole(response);
  }

  /** Behind {@link #claim}. */
  void answerWhole(RpcResponse response) {
    if (!isAwaited()) {
      response.release();
      return;
    }
    endOfHandler();
    exchange.sendWhole(response);
  }

  private void begin(RpcResponse response) {
    if (!isAwaited()) {
      return;
    }
    phase = Phase.STREAMING;
    if (exchange.sendHead(response)) {
      becameWritable();
    } else {
      cancel(CancelReason.NO_BODY);
      phase = Phase.DONE;
    }
  }

  void becameWritable() {
    StreamedAnswer answer = streamed;
    if (answer != null && phase == Phase.STREAMING) {
      answer.signal();
    }
  }

  /** Takes the buffer over. */
  void sendPart(ByteBuf data) {
    if (!isStreaming() || !data.isReadable()) {
      data.release();
    } else {
      exchange.sendData(data);
    }
  }

  void finish(@Nullable RpcResponse trailers) {
    if (isStreaming()) {
      endOfHandler();
      exchange.sendEnd(trailers);
    }
  }

  void abort() {
    if (isStreaming()) {
      endOfHandler();
      exchange.breakOff();
    }
  }

  private void endOfHandler() {
    phase = Phase.DONE;
    exchange.dropBody();
  }

  // ---- what comes between, on the loop

  void refuse(HttpProblem problem) {
    if (isOpen()) {
      exchange.connection().count(problem.code());
      endInPlaceOfHandler(problem, CancelReason.BAD_REQUEST);
    }
  }

  void timeOut() {
    if (isAwaited()) {
      exchange.connection().count(HttpProblem.HANDLER_TIMEOUT.code());
      endInPlaceOfHandler(HttpProblem.HANDLER_TIMEOUT, CancelReason.TIMEOUT);
    }
  }

  void handlerFailed() {
    if (isOpen()) {
      endInPlaceOfHandler(HttpProblem.HANDLER_FAILED, CancelReason.HANDLER_FAILED);
    }
  }

  private void endInPlaceOfHandler(HttpProblem problem, CancelReason reason) {
    // A handler that is about to answer comes too late; what was begun can only be broken off.
    boolean unanswered = phase == Phase.WAITING;
    answeredBy = NODE;
    cancel(reason);
    phase = Phase.DONE;
    if (!unanswered) {
      exchange.breakOff();
    } else if (reason == CancelReason.BAD_REQUEST) {
      exchange.sendWhole(problem.response().closeConnection());
    } else {
      exchange.sendWhole(problem.response());
    }
  }

  void cancel(CancelReason reason) {
    if (!isOpen()) {
      return;
    }
    cancelled = reason;
    exchange.dropBody();
    StreamedAnswer answer = streamed;
    if (answer != null) {
      answer.wake();
    }
    Consumer<CancelReason> action = onCancel;
    if (action != null) {
      exchange.inOrder(() -> action.accept(reason));
    }
  }

  void onCancel(Consumer<CancelReason> action) {
    CancelReason reason = cancelled;
    if (reason != null) {
      exchange.inOrder(() -> action.accept(reason));
    } else if (phase != Phase.DONE) {
      onCancel = action;
    }
  }
}
