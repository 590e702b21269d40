// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.ByteSize;
import dev.sluice.api.rpc.RpcHeaders;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A response on its way to its receiver, which is called in the caller's class loader, and what of
 * it was read while the caller had stopped it. Written on the connection's loop, behind its making.
 */
final class IncomingResponse {

  private static final Logger LOG = LoggerFactory.getLogger(IncomingResponse.class);

  private final HttpClientExchange exchange;
  private final HttpResponseReceiver receiver;
  private final @Nullable ClassLoader classLoader = Thread.currentThread().getContextClassLoader();
  private final long maxBody;

  private boolean begun;
  private long received;
  private boolean paused;

  /** Made for the first part that waits; few responses are stopped. */
  private @Nullable ArrayDeque<ByteBuf> held;

  /** Not null: the whole response was read. */
  private @Nullable RpcHeaders trailers;

  private boolean endMayBeTold;
  private boolean passingOn;

  IncomingResponse(HttpClientExchange exchange, HttpResponseReceiver receiver) {
    this.exchange = exchange;
    this.receiver = Objects.requireNonNull(receiver);
    this.maxBody = exchange.request().maxResponseSize().map(ByteSize::bytes).orElse(Long.MAX_VALUE);
  }

  // ---- what is read

  void interim(HttpResponseHead head) {
    ClassLoader before = enter();
    try {
      receiver.interim(head);
    } catch (Throwable thrown) {
      receiverFailed(thrown);
    } finally {
      exit(before);
    }
  }

  void head(HttpResponseHead head) {
    begun = true;
    if (exchange.over()) {
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

  /** Borrowed. False: it waits, and counts as held. */
  boolean partRead(ByteBuf data) {
    if (exchange.over() || (nothingHeld() && !paused)) {
      part(data);
      return true;
    }
    exchange.hold(data.readableBytes());
    if (held == null) {
      held = new ArrayDeque<>();
    }
    held.add(data.retainedSlice());
    return false;
  }

  /** The whole response was read. */
  void endRead(RpcHeaders fields) {
    trailers = fields;
  }

  boolean wholeRead() {
    return trailers != null;
  }

  /** The caller may hear of the end, once it has taken all before it. */
  void endMayBeTold() {
    endMayBeTold = true;
    passOn();
  }

  // ---- what the caller takes

  boolean paused() {
    return paused;
  }

  /** Whether the caller has stopped what has begun: nothing of it can move until it goes on. */
  boolean waitsForCaller() {
    return paused && begun;
  }

  /** False: it was so before. */
  boolean pause(boolean wanted) {
    boolean changed = paused != wanted;
    paused = wanted;
    return changed;
  }

  /** As far as the caller wants. */
  void passOn() {
    if (passingOn) {
      return;
    }
    passingOn = true;
    try {
      ByteBuf part;
      while (!exchange.paused() && (part = pollHeld()) != null) {
        try {
          exchange.letGo(part.readableBytes());
          part(part);
        } finally {
          part.release();
        }
      }
      RpcHeaders fields = trailers;
      if (fields != null && endMayBeTold && nothingHeld() && !exchange.paused()) {
        end(fields);
      }
    } finally {
      passingOn = false;
    }
  }

  /** Nobody wants what waits any more. */
  void drop() {
    ByteBuf part;
    while ((part = pollHeld()) != null) {
      exchange.letGo(part.readableBytes());
      part.release();
    }
  }

  private boolean nothingHeld() {
    return held == null || held.isEmpty();
  }

  private @Nullable ByteBuf pollHeld() {
    return held == null ? null : held.poll();
  }

  // ---- what the receiver hears

  private void part(ByteBuf data) {
    exchange.moved();
    if (exchange.over()) {
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

  private void end(RpcHeaders fields) {
    if (!exchange.markOver()) {
      return;
    }
    exchange.completed();
    ClassLoader before = enter();
    try {
      receiver.end(fields);
    } catch (Throwable thrown) {
      LOG.debug("the receiver of {} failed at its end", exchange.request(), thrown);
    } finally {
      exit(before);
    }
  }

  void failed(HttpClientException failure) {
    ClassLoader before = enter();
    try {
      receiver.failed(failure);
    } catch (Throwable thrown) {
      LOG.debug("the receiver of {} failed when it was told so", exchange.request(), thrown);
    } finally {
      exit(before);
    }
  }

  /** In the caller's surroundings, as the receiver's calls. */
  void run(Runnable action) {
    ClassLoader before = enter();
    try {
      action.run();
    } catch (Throwable thrown) {
      receiverFailed(thrown);
    } finally {
      exit(before);
    }
  }

  private void tooLarge() {
    exchange.giveUp(Kind.RESPONSE_TOO_LARGE, "a response of more than " + maxBody + " bytes", null);
  }

  private void receiverFailed(Throwable thrown) {
    exchange.giveUp(Kind.RECEIVER_FAILED, "its receiver has failed", thrown);
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
}
