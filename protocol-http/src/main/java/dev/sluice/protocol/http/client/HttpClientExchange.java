// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.SessionContext;
import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A request and its response between a version of HTTP, which extends this class, and the caller,
 * who sees it as an {@link HttpClientCall}.
 *
 * <p>The version's side runs on the connection's loop: what it calls here, and what is called of
 * it, but for {@link #canWrite}. A caller may call from anywhere; its calls come to the loop in
 * their order.
 */
public abstract class HttpClientExchange implements HttpClientCall {

  private final SessionContext context;
  private final HttpClientRequest request;
  private final OutgoingRequest outgoing;
  private final IncomingResponse incoming;
  private final CallDeadlines deadlines;

  /** Something of a response has come, if only an interim one: the peer has done something. */
  private boolean heard;

  /** The last call to the receiver was made, or is about to be; read by whoever asks. */
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
    request.askForCodings();
    this.outgoing = new OutgoingRequest(this);
    this.incoming = new IncomingResponse(this, receiver);
    this.deadlines = new CallDeadlines(this);
  }

  /** The connection's time, by {@link SessionContext#nanoTime}. */
  final long now() {
    return context.nanoTime();
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

  /**
   * The call is over before its response is: nothing more of it will be sent or wanted.
   *
   * @param why what it fails with
   */
  protected abstract void breakOff(Kind why);

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
    if (!over) {
      deadlines.moved();
      outgoing.begin();
    }
  }

  /**
   * A response that another one follows.
   *
   * @param head status 100 to 199
   */
  protected final void interimArrived(HttpResponseHead head) {
    deadlines.moved();
    heard = true;
    if (over) {
      return;
    }
    if (head.status() == 100) {
      outgoing.continueBody();
    }
    // The body may have been what ended it.
    if (!over) {
      incoming.interim(head);
    }
  }

  /**
   * The response has begun.
   *
   * @param head valid, status 200 to 999
   */
  protected final void headArrived(HttpResponseHead head) {
    deadlines.moved();
    heard = true;
    outgoing.responseBegun(head.status());
    incoming.head(head);
  }

  /**
   * More of the response's body was read. It is passed on, or kept while the caller has stopped it.
   *
   * @param data borrowed, not empty
   * @return {@code false}: it is kept, see {@link #hold}
   */
  protected final boolean partRead(ByteBuf data) {
    return incoming.partRead(data);
  }

  /**
   * The whole response was read.
   *
   * @param trailers fields behind its body
   */
  protected final void endRead(RpcHeaders trailers) {
    incoming.endRead(trailers);
  }

  /**
   * Whether the whole response was read, and only waits for the caller.
   *
   * @return {@code true}: what becomes of the connection is nothing to it
   */
  protected final boolean wholeRead() {
    return incoming.wholeRead();
  }

  /** Behind {@link #endRead}: the caller may hear of it, once it has taken all before it. */
  protected final void tellEnd() {
    incoming.endMayBeTold();
  }

  /**
   * The call has come to nothing by what has happened to its connection or stream.
   *
   * @param kind what
   * @param message for people
   */
  protected final void fail(Kind kind, String message) {
    failed(new HttpClientException(kind, outgoing.sent(), request + ": " + message, null));
  }

  /**
   * As {@link #fail}, of a request that the peer has done nothing with, unless it has answered.
   *
   * @param kind what
   * @param message for people
   */
  protected final void failUnsent(Kind kind, String message) {
    failed(new HttpClientException(kind, heard, request + ": " + message, null));
  }

  /**
   * The connection has ended before the response had. If nothing of that has come the request may
   * be repeated where it is idempotent (RFC 9112, section 9.3.1) or a part of it never left.
   *
   * @param begun whether any byte of the response has come
   * @param whole whether all of the request was handed to the connection
   * @param message for people
   */
  protected final void failLost(boolean begun, boolean whole, String message) {
    boolean repeatable = !heard && !begun && (request.isIdempotent() || !whole);
    failed(
        new HttpClientException(
            Kind.CONNECTION_LOST, outgoing.sent(), repeatable, request + ": " + message));
  }

  /**
   * Whether the peer has begun to answer.
   *
   * @return {@code true}: something has come, if only an interim response
   */
  protected final boolean heard() {
    return heard;
  }

  /** Something of the request has gone out. */
  protected final void moved() {
    deadlines.moved();
  }

  /** {@link #canWrite} has become true. */
  protected final void becameWritable() {
    deadlines.moved();
    outgoing.signal();
  }

  /**
   * Whether the caller has stopped the response's body.
   *
   * @return {@code true}: what is read of it has to wait
   */
  protected final boolean paused() {
    return incoming.paused() && !over;
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
    return outgoing.handedOver();
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
    if (!over) {
      deadlines.check(now, outgoing, incoming);
    }
  }

  // ---- the caller's side, any thread

  @Override
  public final HttpRequestBody body() {
    return outgoing;
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
    if (!over && incoming.pause(wanted)) {
      deadlines.moved();
      if (outgoing.begun()) {
        incoming.passOn();
        holdResponse(wanted);
      }
    }
  }

  @Override
  public final void cancel() {
    onLoop(() -> giveUp(Kind.CANCELLED, "given up by the caller", null));
  }

  /**
   * Runs a task on the connection's loop, at once where the caller is on it; on the thread that
   * brought it where the loop is gone: nothing happens there any more.
   *
   * @param task does not throw
   */
  protected final void onLoop(Runnable task) {
    if (inLoop() || !later(task)) {
      task.run();
    }
  }

  /** On the loop, behind what runs there now. False: it has ended, and the task will not run. */
  final boolean later(Runnable task) {
    try {
      context.executor().execute(task);
      return true;
    } catch (RejectedExecutionException loopHasEnded) {
      return false;
    }
  }

  final boolean inLoop() {
    return context.executor().inEventLoop();
  }

  /** In the caller's surroundings, as the receiver's calls. On the loop. */
  final void run(Runnable action) {
    incoming.run(action);
  }

  // ---- how it ends, on the loop

  /**
   * The caller has written a body unlike the one that it has announced, or far too much of it.
   *
   * @param message for people
   */
  protected final void bodyBroken(String message) {
    giveUp(Kind.RECEIVER_FAILED, message, null);
  }

  /** The call comes to nothing on this side. */
  final void giveUp(Kind kind, String message, @Nullable Throwable cause) {
    if (!markOver()) {
      return;
    }
    incoming.drop();
    if (outgoing.begun()) {
      breakOff(kind);
    }
    incoming.failed(
        new HttpClientException(kind, outgoing.sent(), request + ": " + message, cause));
  }

  private void failed(HttpClientException failure) {
    if (markOver()) {
      incoming.drop();
      incoming.failed(failure);
    }
  }

  /** Before the receiver is called for the last time. False: it was. */
  final boolean markOver() {
    if (over) {
      return false;
    }
    over = true;
    outgoing.drop();
    return true;
  }
}
