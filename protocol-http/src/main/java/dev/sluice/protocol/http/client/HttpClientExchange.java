// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.ByteSize;
import dev.sluice.api.SessionContext;
import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A request and its response between a version of HTTP, which extends this class, and the caller,
 * who sees it as an {@link HttpClientCall}.
 *
 * <p>The version's side runs on the connection's loop: what it calls here, and what is called of
 * it, but for {@link #canWrite}. A caller may call from anywhere; its calls come to the loop in
 * their order.
 */
public abstract class HttpClientExchange implements HttpClientCall {

  private static final Logger LOG = LoggerFactory.getLogger(HttpClientExchange.class);

  /** How long a peer has to say whether it takes a body; old ones never do. */
  private static final long CONTINUE_PATIENCE = Duration.ofSeconds(1).toNanos();

  private final SessionContext context;
  private final HttpClientRequest request;
  private final HttpResponseReceiver receiver;
  private final @Nullable ClassLoader classLoader;
  private final StreamedRequest streamed;
  private final HeldResponse held = new HeldResponse(this);
  private final long maxBody;
  private final long began = System.nanoTime();

  // Loop only.
  private boolean begun;
  private boolean sent;
  private boolean headArrived;
  private boolean paused;
  private long received;
  private long moved = began;
  private boolean awaitingContinue;
  private boolean requestEnded;

  // Written on the loop, read by whoever asks.

  /** Parts of the request's body go out as they come. */
  private volatile boolean flows;

  /** The last call to the receiver was made, or is about to be. */
  private volatile boolean over;

  /**
   * A request that is about to begin. Any thread.
   *
   * @param context of the connection
   * @param request passes to the exchange, with its body
   * @param receiver of its response
   */
  protected HttpClientExchange(
      SessionContext context, HttpClientRequest request, HttpResponseReceiver receiver) {
    this.context = context;
    this.request = request;
    this.receiver = Objects.requireNonNull(receiver);
    this.classLoader = Thread.currentThread().getContextClassLoader();
    this.maxBody = request.maxResponseSize().map(ByteSize::bytes).orElse(Long.MAX_VALUE);
    this.streamed = new StreamedRequest(this, request.isStreamed());
  }

  // ---- what a version does, on the loop

  /**
   * Sends the request's head, and its body if that is there.
   *
   * @param body the whole body, which passes to the callee; null where there is none, or it follows
   * @param last whether nothing follows
   * @return {@code false}: the connection takes nothing any more, and nothing was sent
   */
  protected abstract boolean sendHead(@Nullable ByteBuf body, boolean last);

  /**
   * Sends the next bytes of the request's body.
   *
   * @param data passes to the callee
   * @param last whether that was all
   */
  protected abstract void sendData(ByteBuf data, boolean last);

  /**
   * Ends a body that was streamed.
   *
   * @param trailers fields that follow, if any
   */
  protected abstract void sendEnd(@Nullable OutgoingFields trailers);

  /**
   * The caller has stopped the body of the response, or lets it go on. What is read meanwhile is
   * kept, and was passed on before this is called.
   *
   * @param hold {@code true} stops
   */
  protected abstract void holdResponse(boolean hold);

  /**
   * Bytes of the response are kept for the caller.
   *
   * @param bytes more than 0
   */
  protected abstract void hold(int bytes);

  /**
   * Takes back {@link #hold}.
   *
   * @param bytes more than 0
   */
  protected abstract void letGo(int bytes);

  /** The call is over before its response is: nothing more of it will be sent or wanted. */
  protected abstract void breakOff();

  /**
   * The response is complete; the receiver hears of it next, and may make another request at once.
   */
  protected abstract void completed();

  /**
   * Whether a part of the request's body would be sent soon. Any thread.
   *
   * @return {@code false} where the peer is slow
   */
  protected abstract boolean canWrite();

  // ---- what a version tells, on the loop

  /** Sends the request, unless the caller has given it up meanwhile. */
  protected final void begin() {
    if (over) {
      return;
    }
    begun = true;
    moved = System.nanoTime();
    awaitingContinue = request.expectsContinue();
    boolean follows = awaitingContinue || request.isStreamed();
    requestEnded = !follows;
    boolean accepted =
        (follows || !request.hasBody())
            ? sendHead(null, !follows)
            : sendHead(request.takeBody(), true);
    if (!accepted) {
      failUnsent(Kind.CONNECTION_LOST, "the connection has ended");
      return;
    }
    sent = true;
    if (request.isStreamed() && !awaitingContinue) {
      bodyFlows();
    }
  }

  /**
   * A response that another one follows.
   *
   * @param head status 100 to 199
   */
  protected final void interimArrived(HttpResponseHead head) {
    moved = System.nanoTime();
    if (over) {
      return;
    }
    if (head.status() == 100) {
      continueBody();
    }
    ClassLoader before = enter();
    try {
      receiver.interim(head);
    } catch (Throwable thrown) {
      receiverFailed(thrown);
    } finally {
      exit(before);
    }
  }

  /**
   * The response has begun.
   *
   * @param head valid, status 200 to 999
   */
  protected final void headArrived(HttpResponseHead head) {
    moved = System.nanoTime();
    headArrived = true;
    // A body that was not asked for until now is not wanted.
    awaitingContinue = false;
    if (over) {
      return;
    }
    if (head.contentLength() > maxBody) {
      tooLarge();
      return;
    }
    ClassLoader before = enter();
    try {
      receiver.head(head);
    } catch (Throwable thrown) {
      receiverFailed(thrown);
    } finally {
      exit(before);
    }
  }

  /**
   * More of the response's body was read. It is passed on, or kept while the caller has stopped it.
   *
   * @param data borrowed, not empty
   * @return {@code false}: it is kept, see {@link #hold}
   */
  protected final boolean partRead(ByteBuf data) {
    return held.part(data);
  }

  /**
   * The whole response was read.
   *
   * @param trailers fields behind its body
   */
  protected final void endRead(RpcHeaders trailers) {
    held.end(trailers);
  }

  /**
   * Whether the whole response was read, and only waits for the caller.
   *
   * @return {@code true}: what becomes of the connection is nothing to it
   */
  protected final boolean wholeRead() {
    return held.ended();
  }

  /** Behind {@link #endRead}: the caller may hear of it, once it has taken all before it. */
  protected final void tellEnd() {
    held.endMayBeTold();
  }

  final void partArrived(ByteBuf data) {
    moved = System.nanoTime();
    if (over) {
      return;
    }
    received += data.readableBytes();
    if (received > maxBody) {
      tooLarge();
      return;
    }
    ClassLoader before = enter();
    try {
      receiver.part(data);
    } catch (Throwable thrown) {
      receiverFailed(thrown);
    } finally {
      exit(before);
    }
  }

  final void endArrived(RpcHeaders trailers) {
    if (over) {
      return;
    }
    over = true;
    dropRequest();
    completed();
    ClassLoader before = enter();
    try {
      receiver.end(trailers);
    } catch (Throwable thrown) {
      LOG.debug("the receiver of {} failed at its end", request, thrown);
    } finally {
      exit(before);
    }
  }

  /**
   * The call has come to nothing by what has happened to its connection or stream.
   *
   * @param kind what
   * @param message for people
   */
  protected final void fail(Kind kind, String message) {
    failed(new HttpClientException(kind, sent, request + ": " + message, null));
  }

  /**
   * As {@link #fail}, of a request that the peer has certainly done nothing with.
   *
   * @param kind what
   * @param message for people
   */
  protected final void failUnsent(Kind kind, String message) {
    failed(new HttpClientException(kind, false, request + ": " + message, null));
  }

  /** Something of the request has gone out. */
  protected final void moved() {
    moved = System.nanoTime();
  }

  /** {@link #canWrite} has become true. */
  protected final void becameWritable() {
    moved = System.nanoTime();
    streamed.signal();
  }

  /**
   * Whether the caller has stopped the response's body.
   *
   * @return {@code true}: what is read of it has to wait
   */
  protected final boolean paused() {
    return paused && !over;
  }

  /**
   * Whether the receiver was called for the last time.
   *
   * @return {@code true}: nothing that is told here has an effect
   */
  protected final boolean over() {
    return over;
  }

  /**
   * Whether the last of the request was handed over for sending.
   *
   * @return {@code false}: some of its body is missing
   */
  protected final boolean requestEnded() {
    return requestEnded;
  }

  /**
   * The request.
   *
   * @return without its body
   */
  public final HttpClientRequest request() {
    return request;
  }

  /** Looks at the clock. */
  final void checkTime(long now) {
    if (over) {
      return;
    }
    Duration deadline = request.deadline().orElse(null);
    if (deadline != null && now - began >= deadline.toNanos()) {
      giveUp(Kind.TIMEOUT, "not answered within its deadline of " + deadline, null);
      return;
    }
    if (awaitingContinue && now - moved >= CONTINUE_PATIENCE) {
      moved = now;
      continueBody();
    }
    boolean callersTurn = (paused && headArrived) || (!requestEnded && bodyWritable());
    if (callersTurn) {
      moved = now;
    } else if (begun && now - moved >= request.readTimeout().toNanos()) {
      giveUp(Kind.TIMEOUT, "nothing has moved for " + request.readTimeout(), null);
    }
  }

  // ---- the caller's side, any thread

  @Override
  public final HttpRequestBody body() {
    return streamed;
  }

  @Override
  public final void pauseBody() {
    onLoop(() -> pause(true));
  }

  @Override
  public final void resumeBody() {
    onLoop(() -> pause(false));
  }

  private void pause(boolean wanted) {
    if (paused != wanted && !over) {
      paused = wanted;
      moved = System.nanoTime();
      if (begun) {
        held.passOn();
        holdResponse(wanted);
      }
    }
  }

  @Override
  public final void cancel() {
    onLoop(() -> giveUp(Kind.CANCELLED, "given up by the caller", null));
  }

  /**
   * Runs a task on the connection's loop, at once where the caller is on it. With its loop gone a
   * task runs on the thread that brought it: nothing happens there any more.
   *
   * @param task does not throw
   */
  protected final void onLoop(Runnable task) {
    EventExecutor loop = context.executor();
    if (loop.inEventLoop()) {
      task.run();
      return;
    }
    try {
      loop.execute(task);
    } catch (RejectedExecutionException loopHasEnded) {
      task.run();
    }
  }

  /** On the loop, behind what runs there now. */
  final void later(Runnable task) {
    try {
      context.executor().execute(task);
    } catch (RejectedExecutionException loopHasEnded) {
      // Nobody is left to be told.
    }
  }

  final boolean inLoop() {
    return context.executor().inEventLoop();
  }

  // ---- the body of the request, on the loop

  private void continueBody() {
    if (!awaitingContinue) {
      return;
    }
    awaitingContinue = false;
    if (request.isStreamed()) {
      bodyFlows();
    } else {
      requestEnded = true;
      sendData(request.takeBody(), true);
    }
  }

  private void bodyFlows() {
    flows = true;
    streamed.flows();
  }

  /** Any thread, where it only informs. */
  final boolean bodyWritable() {
    return bodyMayFlow() && canWrite();
  }

  /** Whether what is written goes out: the head has, and the peer is not waited for. */
  final boolean bodyMayFlow() {
    return flows && !over;
  }

  final void bodyPart(ByteBuf data) {
    sendData(data, false);
  }

  final void bodyEnd(@Nullable OutgoingFields trailers) {
    requestEnded = true;
    sendEnd(trailers);
  }

  /**
   * The caller has written a body unlike the one that it has announced, or far too much of it.
   *
   * @param message for people
   */
  protected final void bodyBroken(String message) {
    giveUp(Kind.RECEIVER_FAILED, message, null);
  }

  private void dropRequest() {
    request.release();
    streamed.drop();
  }

  // ---- how it ends

  private void tooLarge() {
    giveUp(Kind.RESPONSE_TOO_LARGE, "a response of more than " + maxBody + " bytes", null);
  }

  private void receiverFailed(Throwable thrown) {
    giveUp(Kind.RECEIVER_FAILED, "its receiver has failed", thrown);
  }

  private void giveUp(Kind kind, String message, @Nullable Throwable cause) {
    if (over) {
      return;
    }
    over = true;
    dropRequest();
    held.drop();
    if (begun) {
      breakOff();
    }
    tell(new HttpClientException(kind, sent, request + ": " + message, cause));
  }

  private void failed(HttpClientException failure) {
    if (!over) {
      over = true;
      dropRequest();
      held.drop();
      tell(failure);
    }
  }

  private void tell(HttpClientException failure) {
    ClassLoader before = enter();
    try {
      receiver.failed(failure);
    } catch (Throwable thrown) {
      LOG.debug("the receiver of {} failed when it was told so", request, thrown);
    } finally {
      exit(before);
    }
  }

  /** The receiver is the caller's code, and finds the caller's classes. */
  private @Nullable ClassLoader enter() {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    if (before != classLoader) {
      thread.setContextClassLoader(classLoader);
    }
    return before;
  }

  /** A call may have left another one than it was given. */
  private static void exit(@Nullable ClassLoader before) {
    Thread thread = Thread.currentThread();
    if (thread.getContextClassLoader() != before) {
      thread.setContextClassLoader(before);
    }
  }

  /** In the caller's surroundings, as the receiver's calls. */
  final void run(Runnable action) {
    ClassLoader before = enter();
    try {
      action.run();
    } catch (Throwable thrown) {
      receiverFailed(thrown);
    } finally {
      exit(before);
    }
  }
}
