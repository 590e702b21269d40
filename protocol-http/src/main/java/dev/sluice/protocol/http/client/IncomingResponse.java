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
  private @Nullable ArrayDeque<Held> held;

  /** There where the body is compressed, and the caller wants it as it was. */
  private @Nullable ContentDecoder decoder;

  /** Not null: the whole response was read. */
  private @Nullable RpcHeaders trailers;

  private boolean endMayBeTold;
  private boolean passingOn;

  /** What waits for the caller, and how much it was when it came. */
  private record Held(ByteBuf data, int bytes) {}

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
    HttpClientRequest request = exchange.request();
    boolean large = head.contentLength() > maxBody;
    if (large && !request.isRedirectedBy(head.status())) {
      tooLarge();
      return;
    }
    decoder = request.wantsDecoded() ? ContentDecoder.of(head, request.maxExpansion()) : null;
    HttpResponseHead shown = decoder == null ? head : DecodedFields.of(head);
    ClassLoader before = enter();
    try {
      receiver.head(shown);
      if (large && !exchange.over()) {
        // Of a redirect that is followed the head was enough.
        tooLarge();
      }
    } catch (Throwable thrown) {
      receiverFailed(thrown);
    } finally {
      exit(before);
    }
  }

  /** Borrowed. False: it waits, and counts as held. */
  boolean partRead(ByteBuf data) {
    boolean wanted = exchange.over() || (nothingHeld() && !paused);
    if (wanted && decoder == null) {
      part(data);
      return true;
    }
    ByteBuf rest = data.slice();
    if (wanted && decoded(rest)) {
      return true;
    }
    exchange.hold(data.readableBytes());
    if (held == null) {
      held = new ArrayDeque<>();
    }
    held.add(new Held(rest.retain(), data.readableBytes()));
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
      boolean passed = true;
      while (passed && !exchange.paused() && !nothingHeld()) {
        passed = firstPassedOn();
      }
      RpcHeaders fields = trailers;
      if (fields != null && endMayBeTold && nothingHeld() && !exchange.paused()) {
        end(fields);
      }
    } finally {
      passingOn = false;
    }
  }

  /** False: the caller has stopped it on the way. */
  private boolean firstPassedOn() {
    Held first = pollHeld();
    if (first == null) {
      return true;
    }
    if (decoder != null && !decoded(first.data())) {
      Objects.requireNonNull(held).addFirst(first);
      return false;
    }
    exchange.letGo(first.bytes());
    try {
      if (decoder == null) {
        part(first.data());
      }
    } finally {
      first.data().release();
    }
    return true;
  }

  /** Nobody wants what waits any more. */
  void drop() {
    Held first;
    while ((first = pollHeld()) != null) {
      letGo(first);
    }
    closeDecoder();
  }

  private void closeDecoder() {
    if (decoder != null) {
      decoder.close();
    }
  }

  private void letGo(Held waited) {
    exchange.letGo(waited.bytes());
    waited.data().release();
  }

  private boolean nothingHeld() {
    return held == null || held.isEmpty();
  }

  private @Nullable Held pollHeld() {
    return held == null ? null : held.poll();
  }

  /** Passes on what a piece of the body gives. False: the caller has stopped it on the way. */
  private boolean decoded(ByteBuf data) {
    ContentDecoder with = Objects.requireNonNull(decoder);
    exchange.moved();
    boolean before = passingOn;
    passingOn = true;
    try {
      while (!exchange.over() && !paused) {
        ByteBuf piece = with.next(data);
        if (piece == null) {
          return true;
        }
        try {
          part(piece);
        } finally {
          piece.release();
        }
      }
    } catch (ContentDecoder.Refused refused) {
      exchange.giveUp(refused.kind(), String.valueOf(refused.getMessage()), null);
    } finally {
      passingOn = before;
    }
    return exchange.over();
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
    if (decoder != null && !decoder.mayEnd()) {
      exchange.giveUp(Kind.INVALID_RESPONSE, "its compressed body ends in its midst", null);
      return;
    }
    closeDecoder();
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
