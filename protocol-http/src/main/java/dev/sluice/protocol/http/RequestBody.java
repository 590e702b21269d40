// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.rpc.BodyReceiver;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A request's body on its way from the connection to the application. On the connection's loop, but
 * for what runs in the application's order.
 *
 * <p>What waits here is declared to the node's inbound budget, and reads are held while it is more
 * than {@link HttpExchange#bodyMark}, unless it is gathered for an application that wants it whole.
 */
final class RequestBody {

  static final int HIGH_MARK = 64 << 10;

  /** What a part costs beside its bytes, so that many tiny ones are as few as they ought to be. */
  private static final int PART_COST = 256;

  /** Parts below this are copied: a slice would hold all of the buffer that it was read into. */
  private static final int WORTH_KEEPING = 8 << 10;

  private enum Mode {
    /** Nobody has asked for it yet. */
    UNDECIDED,
    WHOLE,
    PARTS,
    /** Nobody will. */
    DROPPED
  }

  private final HttpExchange exchange;
  private final HandlerCalls application;
  private Mode mode = Mode.UNDECIDED;
  private @Nullable Consumer<ByteBuf> whole;
  private @Nullable BodyReceiver receiver;
  private @Nullable ByteBuf gathered;
  private long total;
  private boolean complete;
  private boolean endTold;
  private boolean paused;
  private boolean holding;

  // Parts given to the pool and not taken yet, with their cost; lowered by its threads.
  private final AtomicInteger onTheirWay = new AtomicInteger();

  // Set on the loop before reads are held for parts on their way; read by the pool's threads, which
  // wake the loop only then.
  private volatile boolean wantsWake;

  RequestBody(HttpExchange exchange, HandlerCalls application) {
    this.exchange = exchange;
    this.application = application;
  }

  // ---- from the connection

  /** Borrows the bytes. False: the body is too long for the application, which was answered. */
  void arrived(ByteBuf data, boolean last) {
    total += data.readableBytes();
    complete = last;
    switch (mode) {
      case WHOLE -> arrivedForWhole(data);
      case PARTS -> {
        if (paused) {
          gather(data);
          hold();
        } else if (data.isReadable()) {
          deliverPart(data);
        }
        tellEnd();
      }
      case UNDECIDED -> {
        gather(data);
        if (!complete && gatheredBytes() >= exchange.bodyMark()) {
          hold();
        }
      }
      case DROPPED -> {}
    }
  }

  boolean complete() {
    return complete;
  }

  boolean anyArrived() {
    return total > 0 || complete;
  }

  /** Whether an application still takes what comes. */
  boolean wanted() {
    return mode == Mode.WHOLE || mode == Mode.PARTS;
  }

  /** Whether it is kept until it is there as a whole. */
  boolean gathered() {
    return mode == Mode.WHOLE;
  }

  // ---- from the application

  void receiveWhole(Consumer<ByteBuf> action) {
    if (mode != Mode.UNDECIDED) {
      return;
    }
    mode = Mode.WHOLE;
    whole = action;
    if (tooLongForWhole(Math.max(exchange.head().contentLength(), gatheredBytes()))) {
      return;
    }
    if (complete) {
      deliverWhole();
    } else {
      letGo();
    }
  }

  void receive(BodyReceiver taker) {
    if (mode != Mode.UNDECIDED) {
      return;
    }
    mode = Mode.PARTS;
    receiver = taker;
    resume();
  }

  void pause() {
    paused = true;
  }

  void resume() {
    paused = false;
    if (mode == Mode.PARTS) {
      ByteBuf kept = takeGathered();
      if (kept != null) {
        deliverOwned(kept);
      }
      tellEnd();
      if (onTheirWay.get() < exchange.bodyMark()) {
        letGo();
      }
    }
  }

  /** Nobody wants the rest. Parts on their way are released where they are. */
  void drop() {
    if (mode != Mode.DROPPED) {
      mode = Mode.DROPPED;
      whole = null;
      receiver = null;
      ByteBuf kept = takeGathered();
      if (kept != null) {
        exchange.consumed(kept.readableBytes());
        kept.release();
      }
      letGo();
    }
  }

  // ---- whole

  private void arrivedForWhole(ByteBuf data) {
    if (tooLongForWhole(gatheredBytes() + (long) data.readableBytes())) {
      return;
    }
    if (complete && gathered == null && application.immediate()) {
      // The common case of a small body: nothing to gather, nothing to keep.
      Consumer<ByteBuf> action = takeWhole();
      if (action != null) {
        application.add(() -> action.accept(data));
      }
      return;
    }
    gather(data);
    if (complete) {
      deliverWhole();
    }
  }

  private boolean tooLongForWhole(long bytes) {
    if (bytes > exchange.limits().maxAggregatedBodySize().bytes()) {
      exchange.refuse(HttpProblem.BODY_TOO_LARGE);
      return true;
    }
    return false;
  }

  private @Nullable Consumer<ByteBuf> takeWhole() {
    Consumer<ByteBuf> action = whole;
    whole = null;
    return action;
  }

  private void deliverWhole() {
    Consumer<ByteBuf> action = takeWhole();
    if (action == null) {
      return;
    }
    ByteBuf kept = takeGathered();
    ByteBuf body = kept == null ? exchange.connection().allocator().buffer(0) : kept;
    int bytes = body.readableBytes();
    application.addGuarded(
        () -> {
          try {
            if (!exchange.cancelled()) {
              application.guard(() -> action.accept(body));
            }
          } finally {
            body.release();
            exchange.consumed(bytes);
          }
        });
  }

  // ---- parts

  private void deliverPart(ByteBuf data) {
    if (application.immediate()) {
      BodyReceiver taker = receiver;
      if (taker != null) {
        application.add(() -> taker.part(data));
      }
      return;
    }
    boolean small = data.readableBytes() < WORTH_KEEPING;
    ByteBuf kept =
        small
            ? exchange.connection().allocator().buffer(data.readableBytes()).writeBytes(data)
            : data.readRetainedSlice(data.readableBytes());
    exchange.hold(kept.readableBytes());
    deliverOwned(kept);
  }

  /** Takes over a buffer whose bytes are held. */
  private void deliverOwned(ByteBuf kept) {
    BodyReceiver taker = receiver;
    int bytes = kept.readableBytes();
    if (taker == null) {
      kept.release();
      exchange.consumed(bytes);
      return;
    }
    int cost = bytes + PART_COST;
    if (onTheirWay.addAndGet(cost) >= exchange.bodyMark()) {
      hold();
      wantsWake = true;
    }
    application.addGuarded(
        () -> {
          try {
            if (!exchange.cancelled()) {
              application.guard(() -> taker.part(kept));
            }
          } finally {
            kept.release();
            exchange.consumed(bytes);
            if (onTheirWay.addAndGet(-cost) < exchange.bodyMark() / 2 && wantsWake) {
              exchange.onLoop(this::partsTaken);
            }
          }
        });
    if (wantsWake && onTheirWay.get() < exchange.bodyMark() / 2) {
      // They were taken before the wish to be woken could be seen.
      partsTaken();
    }
  }

  private void partsTaken() {
    if (onTheirWay.get() < exchange.bodyMark()) {
      wantsWake = false;
      if (!paused) {
        letGo();
      }
    }
  }

  private void tellEnd() {
    BodyReceiver taker = receiver;
    if (complete && !paused && !endTold && taker != null && gathered == null) {
      endTold = true;
      application.addGuarded(
          () -> {
            if (!exchange.cancelled()) {
              application.guard(taker::end);
            }
          });
    }
  }

  // ---- what waits

  private void gather(ByteBuf data) {
    int bytes = data.readableBytes();
    if (bytes == 0) {
      return;
    }
    exchange.hold(bytes);
    ByteBuf kept = gathered;
    if (kept == null) {
      gathered =
          complete && bytes >= WORTH_KEEPING
              ? data.readRetainedSlice(bytes)
              : exchange
                  .connection()
                  .allocator()
                  .buffer(firstCapacity(bytes), Integer.MAX_VALUE)
                  .writeBytes(data);
    } else {
      kept.writeBytes(data);
    }
  }

  /** Room for all of it where that is known and little; a length alone must not cost memory. */
  private int firstCapacity(int bytes) {
    long declared = exchange.head().contentLength();
    return (int) Math.max(bytes, Math.min(declared, HIGH_MARK));
  }

  private int gatheredBytes() {
    return gathered == null ? 0 : gathered.readableBytes();
  }

  private @Nullable ByteBuf takeGathered() {
    ByteBuf kept = gathered;
    gathered = null;
    return kept;
  }

  private void hold() {
    if (!holding && !complete) {
      holding = true;
      exchange.holdBody();
    }
  }

  private void letGo() {
    if (holding) {
      holding = false;
      exchange.releaseBody();
    }
  }
}
