// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.rpc.OutgoingFields;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request that gets its connection later: what is written before that waits here.
 * Written by any thread, under a lock of its own, with which nothing is called: the connection may
 * call the caller back, who may hold locks that another thread writes under.
 */
final class DeferredBody implements HttpRequestBody {

  /** What a caller who does not hold back may write before there is a connection. */
  private static final int MOST_WITHHELD = 1 << 20;

  /** The same while what has waited goes to the connection, which takes as much itself. */
  private static final int MOST_BEHIND = 16 << 20;

  /** What is done where more than that is written; without the lock. */
  private final Runnable tooMuch;

  // Guarded by this.
  private @Nullable HttpRequestBody bound;

  /** One thread passes on what has waited; what others write meanwhile goes behind it. */
  private boolean passing;

  private @Nullable ArrayDeque<ByteBuf> early;
  private @Nullable Consumer<HttpRequestBody> earlyEnd;
  private int earlyBytes;
  private boolean finished;
  private boolean over;
  private @Nullable Runnable onWritable;

  DeferredBody(HttpClientRequest request, Runnable tooMuch) {
    this.finished = !request.isStreamed();
    this.tooMuch = tooMuch;
  }

  // ---- for its call

  /** There is a connection: what has waited goes there, and then what is written from now on. */
  void bind(HttpRequestBody to) {
    synchronized (this) {
      if (over) {
        return;
      }
      bound = to;
      passing = true;
    }
    Consumer<HttpRequestBody> next;
    while ((next = next(to)) != null) {
      next.accept(to);
    }
    Runnable told = null;
    Runnable wanted;
    while ((wanted = wanted()) != told) {
      // Another thread may have asked for another one meanwhile.
      told = wanted;
      if (wanted != null) {
        to.onWritable(wanted);
      }
    }
  }

  private synchronized @Nullable Runnable wanted() {
    return onWritable;
  }

  /** What is to be done next, in the order of the caller; null: nothing has waited any more. */
  private synchronized @Nullable Consumer<HttpRequestBody> next(HttpRequestBody to) {
    if (bound != to) {
      passing = false;
      return null;
    }
    ByteBuf part = early == null ? null : early.poll();
    if (part != null) {
      earlyBytes -= part.readableBytes();
      return body -> body.write(part);
    }
    early = null;
    Consumer<HttpRequestBody> end = earlyEnd;
    earlyEnd = null;
    passing = end != null;
    return end;
  }

  /** The connection is no longer the call's. */
  synchronized void unbind() {
    bound = null;
  }

  /** The call is over: nothing is taken any more. */
  void drop() {
    ArrayDeque<ByteBuf> parts;
    synchronized (this) {
      finished = true;
      over = true;
      parts = early;
      early = null;
      earlyEnd = null;
    }
    if (parts != null) {
      parts.forEach(ByteBuf::release);
    }
  }

  // ---- the caller's side

  @Override
  public boolean write(ByteBuf data) {
    HttpRequestBody to;
    boolean withheld;
    synchronized (this) {
      if (finished) {
        data.release();
        return false;
      }
      to = passing ? null : bound;
      withheld = to == null && withhold(data);
    }
    if (to != null) {
      return to.write(data);
    }
    if (!withheld) {
      data.release();
      tooMuch.run();
    }
    return withheld;
  }

  /** False: it is more than may wait, and what waits is no body any more. */
  private boolean withhold(ByteBuf data) {
    earlyBytes += data.readableBytes();
    if (earlyBytes > (passing ? MOST_BEHIND : MOST_WITHHELD)) {
      finished = true;
      return false;
    }
    if (early == null) {
      early = new ArrayDeque<>();
    }
    early.add(data);
    return true;
  }

  @Override
  public boolean isWritable() {
    HttpRequestBody to;
    synchronized (this) {
      to = passing ? null : bound;
    }
    return to != null && to.isWritable();
  }

  @Override
  public void onWritable(Runnable action) {
    HttpRequestBody to;
    synchronized (this) {
      onWritable = action;
      to = passing ? null : bound;
    }
    if (to != null) {
      to.onWritable(action);
    }
  }

  @Override
  public void finish() {
    finish(HttpRequestBody::finish);
  }

  @Override
  public void finish(OutgoingFields trailers) {
    RequestChecks.checkTrailers(trailers);
    finish(to -> to.finish(trailers));
  }

  private void finish(Consumer<HttpRequestBody> how) {
    HttpRequestBody to;
    synchronized (this) {
      if (finished) {
        return;
      }
      finished = true;
      to = passing ? null : bound;
      if (to == null) {
        earlyEnd = how;
      }
    }
    if (to != null) {
      how.accept(to);
    }
  }
}
