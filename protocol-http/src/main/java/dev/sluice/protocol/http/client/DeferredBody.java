// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.rpc.OutgoingFields;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The body of a request that gets its connection later: what is written before that waits here.
 * Written by any thread, under a lock of its own.
 */
final class DeferredBody implements HttpRequestBody {

  /** What a caller who does not hold back may write before there is a connection. */
  private static final int MOST_WITHHELD = 1 << 20;

  /** What is done where more than that is written; without the lock. */
  private final Runnable tooMuch;

  // Guarded by this.
  private @Nullable HttpRequestBody bound;
  private @Nullable ArrayDeque<ByteBuf> early;
  private @Nullable Consumer<HttpRequestBody> earlyEnd;
  private int earlyBytes;
  private boolean finished;
  private @Nullable Runnable onWritable;

  DeferredBody(HttpClientRequest request, Runnable tooMuch) {
    this.finished = !request.isStreamed();
    this.tooMuch = tooMuch;
  }

  // ---- for its call

  /** There is a connection: what has waited goes there, and what is written from now on. */
  synchronized void bind(HttpRequestBody to) {
    bound = to;
    if (onWritable != null) {
      to.onWritable(onWritable);
    }
    ArrayDeque<ByteBuf> parts = early;
    early = null;
    if (parts != null) {
      parts.forEach(to::write);
    }
    Consumer<HttpRequestBody> end = earlyEnd;
    earlyEnd = null;
    if (end != null) {
      end.accept(to);
    }
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
      to = bound;
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

  /** False: it is more than may wait. */
  private boolean withhold(ByteBuf data) {
    earlyBytes += data.readableBytes();
    if (earlyBytes > MOST_WITHHELD) {
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
      to = bound;
    }
    return to != null && to.isWritable();
  }

  @Override
  public void onWritable(Runnable action) {
    HttpRequestBody to;
    synchronized (this) {
      onWritable = action;
      to = bound;
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
      to = bound;
      if (to == null) {
        earlyEnd = how;
      }
    }
    if (to != null) {
      how.accept(to);
    }
  }
}
