// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.outbound.OutboundException;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.client.ConnectionPool.Connection;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A call that gets its connection later, and perhaps another one when it has had no effect on the
 * first. Any thread, but for what its connection tells it.
 */
final class PooledCall implements HttpClientCall, HttpResponseReceiver {

  private static final Logger LOG = LoggerFactory.getLogger(PooledCall.class);

  private static final String TOO_MUCH = "a body was written before there was a connection";

  private static final int MOST_ATTEMPTS = 3;

  private static final int MOST_BOUNCES = 100;

  private final ConnectionPools client;
  private final Destination destination;
  private final HttpClientRequest request;
  private final HttpResponseReceiver receiver;

  /** The receiver is the caller's code, and finds the caller's classes. */
  private final @Nullable ClassLoader classLoader = Thread.currentThread().getContextClassLoader();

  private final @Nullable Duration deadline;
  private final long began = System.nanoTime();

  /** Written before it waits, read by the clock. */
  private volatile long waitingSince = began;

  /** Kept for another attempt; null where there is none, or it is streamed. */
  private final @Nullable ByteBuf whole;

  private final DeferredBody body;

  /** Something of an answer has come: whatever becomes of it, the request is not sent again. */
  private volatile boolean heard;

  /** The caller has written more before there was a connection than is kept. */
  private volatile boolean overwritten;

  /** Set before it waits: an earlier attempt was lost with a connection that had been kept. */
  private volatile boolean repeated;

  // Guarded by this.
  private int attempts;

  /** Attempts that met a limit which had just changed: the connection had no room after all. */
  private int bounces;

  private boolean kept;
  private @Nullable Connection connection;
  private @Nullable HttpClientCall attempt;
  private boolean paused;
  private boolean cancelled;
  private boolean over;

  PooledCall(
      ConnectionPools client,
      Destination destination,
      HttpClientRequest request,
      HttpResponseReceiver receiver) {
    this.client = client;
    this.destination = destination;
    this.request = request;
    this.receiver = Objects.requireNonNull(receiver);
    this.deadline = request.deadline().orElse(null);
    this.whole = request.isStreamed() || !request.hasBody() ? null : request.takeBody();
    this.body = new DeferredBody(request, this::tooMuchWritten);
  }

  Destination destination() {
    return destination;
  }

  // ---- for the pool

  /** Whether it needs a connection on which nothing was answered yet. */
  boolean wantsFresh() {
    return repeated;
  }

  /**
   * There is a place for it.
   *
   * @param wasKept whether something was answered on the connection before
   */
  void start(Connection found, boolean wasKept) {
    int number;
    synchronized (this) {
      number = over ? 0 : ++attempts;
      connection = over ? null : found;
      kept = wasKept;
    }
    if (number == 0) {
      found.release(false, false);
      return;
    }
    if (deadline != null) {
      long left = deadline.toNanos() - (System.nanoTime() - began);
      request.deadline(Duration.ofNanos(Math.max(1, left)));
    }
    if (whole != null) {
      request.body(whole.retainedDuplicate());
    }
    // On whatever thread there is a place: the attempt calls back in the surroundings it finds.
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(classLoader);
    try {
      bind(found.session().send(request, this), number);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  /**
   * What the caller has done meanwhile reaches the attempt now, if it is not over already. Without
   * the lock: the attempt may call the caller back, who may hold locks of its own.
   */
  private void bind(HttpClientCall bound, int number) {
    boolean givenUp;
    synchronized (this) {
      if (connection == null || attempts != number) {
        return;
      }
      attempt = bound;
      givenUp = cancelled;
    }
    if (givenUp) {
      bound.cancel();
      return;
    }
    passPauseOn(bound);
    body.bind(bound.body());
  }

  /** Until the attempt knows what the caller wants, who may change that from another thread. */
  private void passPauseOn(HttpClientCall bound) {
    boolean told = false;
    while (told != wantsPause()) {
      told = !told;
      pause(bound, told);
    }
  }

  private synchronized boolean wantsPause() {
    return paused;
  }

  private static void pause(HttpClientCall bound, boolean wanted) {
    if (wanted) {
      bound.pauseBody();
    } else {
      bound.resumeBody();
    }
  }

  void notConnected(Throwable failure) {
    String message =
        OutboundException.in(failure).map(Throwable::getMessage).orElse(String.valueOf(failure));
    fail(Kind.NOT_CONNECTED, message, OutboundException.in(failure).orElse(null));
  }

  void checkTime(long now) {
    if (deadline != null && now - began >= deadline.toNanos()) {
      giveUp(Kind.TIMEOUT, "no connection within its deadline of " + deadline);
    } else if (now - waitingSince >= client.limits().waitTimeout().toNanos()) {
      giveUp(Kind.TIMEOUT, "no connection within " + client.limits().waitTimeout());
    }
  }

  private void giveUp(Kind kind, String message) {
    if (fail(kind, message, null)) {
      client.forget(this);
    }
  }

  /** Of a call that has no connection. False: it has one, or was over. */
  boolean fail(Kind kind, String message, @Nullable Throwable cause) {
    return end(new HttpClientException(kind, false, request + ": " + message, cause));
  }

  private boolean end(HttpClientException last) {
    if (!markOver()) {
      return false;
    }
    HttpClientException failure = repeated ? last.afterAnEarlierAttempt() : last;
    client.notices().bring(() -> tell(failure));
    return true;
  }

  private void tell(HttpClientException failure) {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(classLoader);
    try {
      receiver.failed(failure);
    } catch (Throwable thrown) {
      // Thrown on, it would be the end of what the thread does for other calls.
      LOG.debug("the receiver of {} failed when it was told so", request, thrown);
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private boolean markOver() {
    synchronized (this) {
      if (over || connection != null) {
        return false;
      }
      over = true;
    }
    body.drop();
    if (whole != null) {
      whole.release();
    }
    return true;
  }

  // ---- what its connection tells

  @Override
  public void interim(HttpResponseHead head) {
    heard = true;
    receiver.interim(head);
  }

  @Override
  public void head(HttpResponseHead head) {
    heard = true;
    receiver.head(head);
  }

  @Override
  public void part(ByteBuf data) {
    receiver.part(data);
  }

  @Override
  public void end(RpcHeaders trailers) {
    release(true, false);
    if (markOver()) {
      receiver.end(trailers);
    }
  }

  @Override
  public void failed(HttpClientException failure) {
    boolean full = failure.kind() == Kind.LIMIT && !failure.sent();
    release(false, full);
    if (mayTryAgain(failure)) {
      client.submit(this);
    } else {
      boolean unused =
          end(
              overwritten
                  ? failure.because(Kind.RECEIVER_FAILED, request + ": " + TOO_MUCH)
                  : failure);
    }
  }

  /** Before the receiver hears of the end, so that it finds the place free. */
  private void release(boolean answered, boolean full) {
    Connection held;
    synchronized (this) {
      held = connection;
      connection = null;
      attempt = null;
    }
    body.unbind();
    if (held != null) {
      held.release(answered, full);
    }
  }

  private synchronized boolean mayTryAgain(HttpClientException failure) {
    if (heard || over || cancelled || request.isStreamed()) {
      return false;
    }
    if (failure.sent()) {
      // Peers end what is idle, and a request may cross the end: once, and not on another one that
      // may have ended as well.
      boolean again = failure.repeatable() && kept && !repeated;
      repeated |= again;
      waitingSince = System.nanoTime();
      return again;
    }
    if (failure.kind() == Kind.LIMIT && bounces < MOST_BOUNCES) {
      // It waits on, as it has waited.
      bounces++;
      return true;
    }
    waitingSince = System.nanoTime();
    return switch (failure.kind()) {
      case CLOSED, CONNECTION_LOST, LIMIT, REFUSED -> attempts - bounces < MOST_ATTEMPTS;
      default -> false;
    };
  }

  /** Whether it was under way before: it goes in front of those that were not. */
  synchronized boolean begunBefore() {
    return attempts > 0;
  }

  // ---- the caller's side

  @Override
  public HttpRequestBody body() {
    return body;
  }

  @Override
  public void pauseBody() {
    pause(true);
  }

  @Override
  public void resumeBody() {
    pause(false);
  }

  private void pause(boolean wanted) {
    HttpClientCall bound;
    synchronized (this) {
      paused = wanted;
      bound = attempt;
    }
    if (bound != null) {
      pause(bound, wanted);
    }
  }

  @Override
  public void cancel() {
    HttpClientCall bound;
    boolean begun;
    synchronized (this) {
      // One that is just about to begin is given up as soon as it has: its connection tells of it.
      cancelled = true;
      bound = attempt;
      begun = connection != null;
    }
    if (bound != null) {
      bound.cancel();
    } else if (!begun) {
      giveUp(Kind.CANCELLED, "given up by the caller");
    }
  }

  /** Some of it is lost. Where it has a connection already, that is what gives it up. */
  private void tooMuchWritten() {
    overwritten = true;
    if (fail(Kind.RECEIVER_FAILED, TOO_MUCH, null)) {
      client.forget(this);
    } else {
      cancel();
    }
  }
}
