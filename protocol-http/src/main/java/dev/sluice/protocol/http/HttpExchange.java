// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.rpc.BodyReceiver;
import dev.sluice.api.rpc.CancelReason;
import dev.sluice.api.rpc.HttpConfiguration;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHandler;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.api.rpc.RpcResponse;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A request and its answer between a version of HTTP, which extends this class, and an application,
 * which sees it as an {@link RpcContext}.
 *
 * <p>The version's side runs on the connection's loop: what it calls here, and what is called of
 * it, but for {@link #canWrite}. An application may call from anywhere; its calls come to the loop
 * in their order.
 */
public abstract class HttpExchange implements RpcContext {

  private static final Logger LOG = LoggerFactory.getLogger(HttpExchange.class);

  /** What is counted when an application fails. */
  private static final String FAILED = HttpProblem.HANDLER_FAILED.code();

  private static final int NOBODY = 0;
  private static final int HANDLER = 1;
  private static final int NODE = 2;

  private enum Phase {
    WAITING,
    STREAMING,
    DONE
  }

  private final RequestHead head;
  private final ConnId id;
  private final SessionWriter writer;
  private final SessionContext connection;
  private final HttpConfiguration limits;
  private final LoopCalls calls;

  private static final AtomicIntegerFieldUpdater<HttpExchange> ANSWERED_BY =
      AtomicIntegerFieldUpdater.newUpdater(HttpExchange.class, "answeredBy");
  private static final AtomicIntegerFieldUpdater<HttpExchange> BODY_ASKED_FOR =
      AtomicIntegerFieldUpdater.newUpdater(HttpExchange.class, "bodyAskedFor");

  /** Who has answered, or is about to; the first one does, on any thread. */
  private volatile int answeredBy = NOBODY;

  /** 1 once it was asked for, which is possible once, by any thread. */
  @SuppressWarnings("unused") // by its updater
  private volatile int bodyAskedFor;

  // Set on the loop once, before the application is called.
  private @Nullable HandlerOrder order;
  private @Nullable RequestBody body;

  // Loop only.
  private Phase phase = Phase.WAITING;
  private @Nullable Consumer<CancelReason> onCancel;
  private boolean bodyEnded;

  // Written on the loop, read by whoever asks.
  private volatile @Nullable CancelReason cancelled;
  private volatile @Nullable RpcHeaders trailers;
  private volatile @Nullable StreamedAnswer streamed;
  private volatile long endedAt;
  private volatile boolean hasEnded;

  /**
   * A request that is about to be dispatched.
   *
   * @param head valid
   * @param id the connection
   * @param writer its way back
   */
  protected HttpExchange(RequestHead head, ConnId id, SessionWriter writer) {
    this.head = head;
    this.id = id;
    this.writer = writer;
    this.connection = writer.context(id);
    this.limits = connection.rpc().http();
    this.calls = new LoopCalls(connection.executor(), this);
  }

  // ---- what a version does, on the loop

  /** Tells a client that waits for it to send the body (RFC 9110, section 15.2.1). */
  protected abstract void sendContinue();

  /**
   * Sends a whole answer.
   *
   * @param response passes to the callee
   */
  protected abstract void sendWhole(RpcResponse response);

  /**
   * Sends the head of an answer whose body follows.
   *
   * @param response without a body
   * @return {@code false}: there can be no body, to {@code HEAD} for instance; that was the answer
   */
  protected abstract boolean sendHead(RpcResponse response);

  /**
   * Sends the next bytes of a body.
   *
   * @param data ownership passes to the callee
   */
  protected abstract void sendData(ByteBuf data);

  /**
   * Ends a body.
   *
   * @param trailers fields that follow, if any
   */
  protected abstract void sendEnd(@Nullable RpcResponse trailers);

  /** Breaks an answer off that was begun. */
  protected abstract void breakOff();

  /** Stops reading the request's body. */
  protected abstract void holdBody();

  /** Takes back {@link #holdBody}. */
  protected abstract void releaseBody();

  /**
   * Whether a part of a body would be sent soon. Any thread.
   *
   * @return {@code false} while others have the connection, or it is slow
   */
  protected abstract boolean canWrite();

  // ---- what a version tells, on the loop

  /**
   * More of the body has arrived.
   *
   * @param data borrowed
   * @param last whether that was all
   * @return {@code false}: it is longer than is taken, and was refused
   */
  protected final boolean bodyArrived(ByteBuf data, boolean last) {
    RequestBody to = body;
    if (to != null) {
      to.arrived(data, last);
    }
    if (last) {
      requestEnded();
    }
    return cancelled != CancelReason.BAD_REQUEST;
  }

  /**
   * Trailer fields, to be told before the last call of {@link #bodyArrived}.
   *
   * @param fields valid
   */
  protected final void trailersArrived(RpcHeaders fields) {
    trailers = fields;
  }

  /** The request has come to its end; called by the version for one without a body. */
  protected final void requestEnded() {
    bodyEnded = true;
    endedAt = System.nanoTime();
    hasEnded = true;
  }

  /**
   * Answers in the application's place because of what the client sent, or breaks off what was
   * begun.
   *
   * @param problem the answer
   */
  protected final void refuse(HttpProblem problem) {
    if (phase != Phase.DONE && cancelled == null) {
      connection.count(problem.code());
      endInPlaceOfHandler(problem, CancelReason.BAD_REQUEST);
    }
  }

  /** The answer has not begun in time. */
  protected final void timeOut() {
    if (phase == Phase.WAITING && cancelled == null) {
      connection.count(HttpProblem.HANDLER_TIMEOUT.code());
      endInPlaceOfHandler(HttpProblem.HANDLER_TIMEOUT, CancelReason.TIMEOUT);
    }
  }

  /**
   * The request has come to nothing.
   *
   * @param reason why
   */
  protected final void cancel(CancelReason reason) {
    if (phase == Phase.DONE || cancelled != null) {
      return;
    }
    cancelled = reason;
    dropBody();
    StreamedAnswer answer = streamed;
    if (answer != null) {
      answer.wake();
    }
    Consumer<CancelReason> action = onCancel;
    if (action != null) {
      inOrder(() -> action.accept(reason));
    }
  }

  /** {@link #canWrite} has become true. */
  protected final void becameWritable() {
    StreamedAnswer answer = streamed;
    if (answer != null && phase == Phase.STREAMING) {
      answer.signal();
    }
  }

  /**
   * Whether the answer has begun, or was given.
   *
   * @return {@code false}: nothing was sent
   */
  protected final boolean answerBegun() {
    return phase != Phase.WAITING;
  }

  /**
   * Whether the last of the request was read.
   *
   * @return {@code true} also for one without a body
   */
  protected final boolean bodyEnded() {
    return bodyEnded;
  }

  /**
   * Whether the application still takes what comes of the body.
   *
   * @return {@code false}: what comes is dropped
   */
  protected final boolean bodyWanted() {
    RequestBody from = body;
    return from != null && from.wanted();
  }

  /**
   * The request.
   *
   * @return as it was parsed
   */
  protected final RequestHead head() {
    return head;
  }

  /**
   * The interface's limits.
   *
   * @return its {@code http_configuration}
   */
  protected final HttpConfiguration limits() {
    return limits;
  }

  // ---- for the dispatcher and the body

  /**
   * Answers without any application.
   *
   * @param response passes to the exchange
   */
  protected final void answer(RpcResponse response) {
    answeredBy = NODE;
    phase = Phase.DONE;
    sendWhole(response);
  }

  /** On the loop: calls the application. */
  final void begin(HandlerOrder handlerOrder, RpcHandler handler) {
    order = handlerOrder;
    if (head.hasBody()) {
      body = new RequestBody(this, handlerOrder);
    }
    inOrder(
        () -> {
          try {
            handler.handle(this);
          } catch (RuntimeException | Error e) {
            throw e;
          } catch (Exception e) {
            failed(e);
          }
        });
  }

  /** In the handler's order: whatever a call throws is the application's failure. */
  final void guard(Runnable call) {
    try {
      call.run();
    } catch (Throwable thrown) {
      failed(thrown);
    }
  }

  final void hold(int bytes) {
    writer.hold(id, bytes);
  }

  final void consumed(int bytes) {
    writer.consumed(id, bytes);
  }

  final void onLoop(Runnable call) {
    if (calls.enter()) {
      try {
        call.run();
      } finally {
        calls.exit();
      }
    } else {
      calls.execute(call);
    }
  }

  /** A call of the application's brought about what no call should: our failure, not its own. */
  final void broken(Throwable thrown) {
    LOG.debug("{} {} broke", head.method(), connection.id(), thrown);
    connection.count(CloseReason.INTERNAL_ERROR.code());
    writer.abort(id, CloseReason.INTERNAL_ERROR);
  }

  private void failed(Throwable thrown) {
    LOG.debug("{} {} failed", head.method(), connection.id(), thrown);
    connection.count(FAILED);
    onLoop(
        () -> {
          if (phase != Phase.DONE && cancelled == null) {
            endInPlaceOfHandler(HttpProblem.HANDLER_FAILED, CancelReason.HANDLER_FAILED);
          }
        });
  }

  private void endInPlaceOfHandler(HttpProblem problem, CancelReason reason) {
    // A handler that is about to answer comes too late; what was begun can only be broken off.
    boolean unanswered = phase == Phase.WAITING;
    answeredBy = NODE;
    cancel(reason);
    phase = Phase.DONE;
    if (!unanswered) {
      breakOff();
    } else if (reason == CancelReason.BAD_REQUEST) {
      sendWhole(problem.response().closeConnection());
    } else {
      sendWhole(problem.response());
    }
  }

  private void inOrder(Runnable call) {
    HandlerOrder turns = order;
    if (turns != null) {
      turns.execute(() -> guard(call));
    }
  }

  private void dropBody() {
    RequestBody from = body;
    if (from != null) {
      from.drop();
    }
  }

  // ---- the request, any thread

  @Override
  public final SessionContext connection() {
    return connection;
  }

  @Override
  public final String protocol() {
    return head.protocol();
  }

  @Override
  public final String method() {
    return head.method();
  }

  @Override
  public final String authority() {
    return head.authority();
  }

  @Override
  public final String path() {
    return head.path();
  }

  @Override
  public final Optional<String> query() {
    return Optional.ofNullable(head.query());
  }

  @Override
  public final RpcHeaders headers() {
    return head.headers();
  }

  @Override
  public final OptionalLong contentLength() {
    return head.contentLength() == RequestHead.UNKNOWN_LENGTH
        ? OptionalLong.empty()
        : OptionalLong.of(head.contentLength());
  }

  @Override
  public final void receiveWhole(Consumer<ByteBuf> action) {
    askForBody();
    onLoop(
        () -> {
          RequestBody from = body;
          if (from == null) {
            inOrder(
                () -> {
                  ByteBuf empty = connection.allocator().buffer(0);
                  try {
                    action.accept(empty);
                  } finally {
                    empty.release();
                  }
                });
          } else {
            from.receiveWhole(action);
            inviteBody(from);
          }
        });
  }

  @Override
  public final void receive(BodyReceiver receiver) {
    askForBody();
    onLoop(
        () -> {
          RequestBody from = body;
          if (from == null) {
            inOrder(receiver::end);
          } else {
            from.receive(receiver);
            inviteBody(from);
          }
        });
  }

  private void askForBody() {
    if (!BODY_ASKED_FOR.compareAndSet(this, 0, 1)) {
      throw new IllegalStateException("the body was asked for before");
    }
  }

  /** The body is wanted and was not refused: a client that waits for that may send it. */
  private void inviteBody(RequestBody from) {
    if (head.expectsContinue()
        && !from.anyArrived()
        && phase == Phase.WAITING
        && cancelled == null) {
      sendContinue();
    }
  }

  @Override
  public final void pauseBody() {
    withBody(RequestBody::pause);
  }

  @Override
  public final void resumeBody() {
    withBody(RequestBody::resume);
  }

  private void withBody(Consumer<RequestBody> action) {
    onLoop(
        () -> {
          RequestBody from = body;
          if (from != null) {
            action.accept(from);
          }
        });
  }

  @Override
  public final RpcHeaders trailers() {
    RpcHeaders fields = trailers;
    return fields == null ? RpcHeaders.EMPTY : fields;
  }

  @Override
  public final Duration timeLeft() {
    long all = limits.requestTimeout().toNanos();
    long left = hasEnded ? all - (System.nanoTime() - endedAt) : all;
    return Duration.ofNanos(Math.max(0, left));
  }

  @Override
  public final void onCancel(Consumer<CancelReason> action) {
    onLoop(
        () -> {
          CancelReason reason = cancelled;
          if (reason != null) {
            inOrder(() -> action.accept(reason));
          } else if (phase != Phase.DONE) {
            onCancel = action;
          }
        });
  }

  @Override
  public final boolean cancelled() {
    return cancelled != null;
  }

  @Override
  public final void execute(Runnable task) {
    onLoop(() -> inOrder(task));
  }

  // ---- the answer, any thread

  @Override
  public final boolean respond(RpcResponse response) {
    if (!claimAnswer(response)) {
      return false;
    }
    if (calls.enter()) {
      try {
        answerFromHandler(response);
      } finally {
        calls.exit();
      }
    } else {
      calls.execute(() -> answerFromHandler(response));
    }
    return true;
  }

  private void answerFromHandler(RpcResponse response) {
    if (phase != Phase.WAITING || cancelled != null) {
      response.release();
      return;
    }
    phase = Phase.DONE;
    dropBody();
    sendWhole(response);
  }

  @Override
  public final ResponseBody respondStreaming(RpcResponse response) {
    if (response.hasBody()) {
      response.release();
      throw new IllegalStateException("the parts are the body of an answer that is streamed");
    }
    StreamedAnswer answer = new StreamedAnswer(this, calls);
    if (!claimAnswer(response)) {
      return answer.tooLate();
    }
    streamed = answer;
    onLoop(() -> beginStreaming(response));
    return answer;
  }

  private void beginStreaming(RpcResponse response) {
    if (phase != Phase.WAITING || cancelled != null) {
      return;
    }
    phase = Phase.STREAMING;
    if (sendHead(response)) {
      becameWritable();
    } else {
      cancel(CancelReason.NO_BODY);
      phase = Phase.DONE;
    }
  }

  /** On the loop: takes the buffer over. */
  final void sendPart(ByteBuf data) {
    if (phase != Phase.STREAMING || cancelled != null || !data.isReadable()) {
      data.release();
    } else {
      sendData(data);
    }
  }

  final void finishStreaming(@Nullable RpcResponse fields) {
    if (phase == Phase.STREAMING && cancelled == null) {
      phase = Phase.DONE;
      dropBody();
      sendEnd(fields);
    }
  }

  final void abortStreaming() {
    if (phase == Phase.STREAMING && cancelled == null) {
      phase = Phase.DONE;
      dropBody();
      breakOff();
    }
  }

  /** True: the answer is the caller's to send; else it was released. */
  private boolean claimAnswer(RpcResponse response) {
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
}
