// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.rpc.BodyReceiver;
import dev.sluice.api.rpc.RpcHeaders;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What comes of a request behind its head: its body, its trailers and its end. Written on the
 * connection's loop, but for {@link #askForBody}.
 */
final class IncomingRequest {

  private static final AtomicIntegerFieldUpdater<IncomingRequest> BODY_ASKED_FOR =
      AtomicIntegerFieldUpdater.newUpdater(IncomingRequest.class, "bodyAskedFor");

  private final HttpExchange exchange;

  /** 1 once it was asked for, which is possible once, by any thread. */
  @SuppressWarnings("unused") // by its updater
  private volatile int bodyAskedFor;

  // Set once, before the application is called; null where there is none.
  private @Nullable RequestBody body;

  // Read by whoever asks; when it has ended is written before that it has.
  private volatile @Nullable RpcHeaders trailers;
  private long endedAt;
  private volatile boolean ended;

  IncomingRequest(HttpExchange exchange) {
    this.exchange = exchange;
  }

  // ---- from the connection, on the loop

  /** There is an application, which may ask for the body. */
  void begin(HandlerCalls application) {
    if (exchange.head().hasBody()) {
      body = new RequestBody(exchange, application);
    }
  }

  /** Borrows the bytes. */
  void arrived(ByteBuf data, boolean last) {
    RequestBody to = body;
    if (to != null) {
      to.arrived(data, last);
    }
    if (last) {
      end();
    }
  }

  void trailersArrived(RpcHeaders fields) {
    trailers = fields;
  }

  void end() {
    endedAt = exchange.connection().nanoTime();
    ended = true;
  }

  boolean ended() {
    return ended;
  }

  /** Whether the application still takes what comes of the body. */
  boolean bodyWanted() {
    RequestBody from = body;
    return from != null && from.wanted();
  }

  boolean bodyGathered() {
    RequestBody from = body;
    return from != null && from.gathered();
  }

  /** Nobody wants the rest of the body. */
  void dropBody() {
    RequestBody from = body;
    if (from != null) {
      from.drop();
    }
  }

  // ---- from the application, any thread

  void receiveWhole(Consumer<ByteBuf> action) {
    askForBody();
    exchange.onLoop(
        () -> {
          RequestBody from = body;
          if (from == null) {
            exchange.inOrder(() -> acceptNothing(action));
          } else {
            from.receiveWhole(action);
            invite(from);
          }
        });
  }

  private void acceptNothing(Consumer<ByteBuf> action) {
    ByteBuf empty = exchange.connection().allocator().buffer(0);
    try {
      action.accept(empty);
    } finally {
      empty.release();
    }
  }

  void receive(BodyReceiver receiver) {
    askForBody();
    exchange.onLoop(
        () -> {
          RequestBody from = body;
          if (from == null) {
            exchange.inOrder(receiver::end);
          } else {
            from.receive(receiver);
            invite(from);
          }
        });
  }

  private void askForBody() {
    if (!BODY_ASKED_FOR.compareAndSet(this, 0, 1)) {
      throw new IllegalStateException("the body was asked for before");
    }
  }

  /** The body is wanted and was not refused: a client that waits for that may send it. */
  private void invite(RequestBody from) {
    if (exchange.head().expectsContinue() && !from.anyArrived() && exchange.answerAwaited()) {
      exchange.sendContinue();
    }
  }

  void pauseBody() {
    withBody(RequestBody::pause);
  }

  void resumeBody() {
    withBody(RequestBody::resume);
  }

  private void withBody(Consumer<RequestBody> action) {
    exchange.onLoop(
        () -> {
          RequestBody from = body;
          if (from != null) {
            action.accept(from);
          }
        });
  }

  RpcHeaders trailers() {
    RpcHeaders fields = trailers;
    return fields == null ? RpcHeaders.EMPTY : fields;
  }

  /** What is left of the time for an answer, which counts from the end of the request. */
  Duration timeLeft() {
    long all = exchange.limits().requestTimeout().toNanos();
    long left = ended ? all - (exchange.connection().nanoTime() - endedAt) : all;
    return Duration.ofNanos(Math.max(0, left));
  }
}
