// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.CloseReason;
import dev.sluice.api.ConnId;
import dev.sluice.api.SessionWriter;
import dev.sluice.api.rpc.BodyReceiver;
import dev.sluice.api.rpc.CancelReason;
import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcContext;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.api.rpc.RpcResponse;
import dev.sluice.api.rpc.RpcService;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
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
public abstract class HttpExchange extends AnswerOutput {

  private static final Logger LOG = LoggerFactory.getLogger(HttpExchange.class);

  private static final int SWITCHING_PROTOCOLS = 101;
  private static final int FINAL = 200;

  /** What is counted when an application fails. */
  private static final String FAILED = HttpProblem.HANDLER_FAILED.code();

  /** What is counted when its answer is longer or shorter than it has declared. */
  private static final String LENGTH_BROKEN = "answer_length_broken";

  private final ConnId id;
  private final SessionWriter writer;
  private final LoopCalls calls;

  private final IncomingRequest incoming = new IncomingRequest(this);
  private final AnswerState answer = new AnswerState(this);

  // Set on the loop once, where there is an application for it.
  private @Nullable HandlerCalls application;

  /**
   * A request that is about to be dispatched.
   *
   * @param head valid
   * @param id the connection
   * @param writer its way back
   */
  protected HttpExchange(RequestHead head, ConnId id, SessionWriter writer) {
    super(head, writer.context(id));
    this.id = id;
    this.writer = writer;
    this.calls = new LoopCalls(connection().executor(), this);
  }

  // ---- what a version does with the request, on the loop

  /**
   * How much of a body may wait for its handler before {@link #holdBody} is called.
   *
   * @return bytes; 64 KB where a version does not say
   */
  protected int bodyMark() {
    return RequestBody.HIGH_MARK;
  }

  /** Refuses a request whose body is longer than is taken, as its head says. */
  protected abstract void refuseBody();

  /** Stops reading the request's body. */
  protected abstract void holdBody();

  /** Takes back {@link #holdBody}. */
  protected abstract void releaseBody();

  // ---- what a version tells, on the loop

  /**
   * More of the body has arrived.
   *
   * @param data borrowed
   * @param last whether that was all
   * @return {@code false}: it is longer than is taken, and was refused
   */
  protected final boolean bodyArrived(ByteBuf data, boolean last) {
    incoming.arrived(data, last);
    return !answer.isCancelledFor(CancelReason.BAD_REQUEST);
  }

  /**
   * Trailer fields, to be told before the last call of {@link #bodyArrived}.
   *
   * @param fields valid
   */
  protected final void trailersArrived(RpcHeaders fields) {
    incoming.trailersArrived(fields);
  }

  /** The request has come to its end; called by the version for one without a body. */
  protected final void requestEnded() {
    incoming.end();
  }

  /**
   * Answers in the application's place because of what the client sent, or breaks off what was
   * begun.
   *
   * @param problem the answer
   */
  protected final void refuse(HttpProblem problem) {
    answer.refuse(problem);
  }

  /** The answer has not begun in time. */
  protected final void timeOut() {
    answer.timeOut();
  }

  /**
   * The request has come to nothing.
   *
   * @param reason why
   */
  protected final void cancel(CancelReason reason) {
    answer.cancel(reason);
  }

  /**
   * Breaks an answer off whose body is unlike the length that the application has declared.
   *
   * @param more whether it is longer
   */
  protected final void lengthBroken(boolean more) {
    connection().count(LENGTH_BROKEN);
    HandlerCalls calling = application;
    if (calling != null) {
      calling.tell("wrote " + (more ? "more" : "less") + " than the length it declared", null);
    }
    breakOff();
  }

  /** {@link #canWrite} has become true. */
  protected final void becameWritable() {
    answer.becameWritable();
  }

  /**
   * Whether the answer has begun, or was given.
   *
   * @return {@code false}: nothing was sent
   */
  protected final boolean answerBegun() {
    return answer.isBegun();
  }

  /**
   * Whether the last of the request was read.
   *
   * @return {@code true} also for one without a body
   */
  protected final boolean bodyEnded() {
    return incoming.ended();
  }

  /**
   * Whether the application still takes what comes of the body.
   *
   * @return {@code false}: what comes is dropped
   */
  protected final boolean bodyWanted() {
    return incoming.bodyWanted();
  }

  /**
   * Whether what comes of the body is kept until the application can have it whole.
   *
   * @return {@code false}: it is taken part by part, or nobody has said yet, or will
   */
  protected final boolean bodyGathered() {
    return incoming.bodyGathered();
  }

  // ---- for the dispatcher and the body

  /**
   * Answers without any application.
   *
   * @param response passes to the exchange
   */
  protected final void answer(RpcResponse response) {
    answer.answerForNode(response);
  }

  /** On the loop: calls the application. */
  final void begin(HandlerOrder order, RpcService service, ApplicationFailures failures) {
    HandlerCalls calling = new HandlerCalls(this, order, service, failures);
    application = calling;
    incoming.begin(calling);
    calling.begin();
  }

  /** A call into the application, in its turn. */
  final void inOrder(Runnable call) {
    HandlerCalls calling = application;
    if (calling != null) {
      calling.add(call);
    }
  }

  /** Nothing of an answer was sent, and nothing stands against it. On the loop. */
  final boolean answerAwaited() {
    return answer.isAwaited();
  }

  /** On the loop. */
  final void dropBody() {
    incoming.dropBody();
  }

  final void hold(int bytes) {
    writer.hold(id, bytes);
  }

  final void consumed(int bytes) {
    writer.consumed(id, bytes);
  }

  final LoopCalls calls() {
    return calls;
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
    LOG.debug("{} {} broke", method(), connection().id(), thrown);
    connection().count(CloseReason.INTERNAL_ERROR.code());
    writer.abort(id, CloseReason.INTERNAL_ERROR);
  }

  /** A call into the application has thrown, on whatever thread it ran. */
  final void failed() {
    connection().count(FAILED);
    onLoop(answer::handlerFailed);
  }

  // ---- the request, any thread

  @Override
  public final void receiveWhole(Consumer<ByteBuf> action) {
    incoming.receiveWhole(action);
  }

  @Override
  public final void receive(BodyReceiver receiver) {
    incoming.receive(receiver);
  }

  @Override
  public final void pauseBody() {
    incoming.pauseBody();
  }

  @Override
  public final void resumeBody() {
    incoming.resumeBody();
  }

  @Override
  public final RpcHeaders trailers() {
    return incoming.trailers();
  }

  @Override
  public final Duration timeLeft() {
    return incoming.timeLeft();
  }

  @Override
  public final void onCancel(Consumer<CancelReason> action) {
    onLoop(() -> answer.onCancel(action));
  }

  @Override
  public final boolean cancelled() {
    return answer.isCancelled();
  }

  @Override
  public final void execute(Runnable task) {
    onLoop(() -> inOrder(task));
  }

  // ---- the answer, any thread

  @Override
  public final boolean interim(int status, OutgoingFields fields) {
    if (status <= SWITCHING_PROTOCOLS || status >= FINAL) {
      throw new IllegalArgumentException("no status before an answer: " + status);
    }
    if (!takesInterim()) {
      return false;
    }
    // The caller's own, which may be changed before they go out.
    OutgoingFields sent = new OutgoingFields();
    fields.forEach(sent::add);
    return answer.interim(status, sent);
  }

  @Override
  public final boolean respond(RpcResponse response) {
    if (!answer.claim(response)) {
      return false;
    }
    if (calls.enter()) {
      try {
        answer.answerWhole(response);
      } finally {
        calls.exit();
      }
    } else {
      calls.execute(() -> answer.answerWhole(response));
    }
    return true;
  }

  @Override
  public final ResponseBody respondStreaming(RpcResponse response) {
    return answer.stream(response);
  }
}
