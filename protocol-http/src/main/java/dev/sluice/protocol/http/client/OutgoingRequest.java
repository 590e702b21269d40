// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.rpc.OutgoingFields;
import dev.sluice.protocol.http.client.HttpClientException.Kind;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way to the peer: its head, and its body as soon as that may follow. Written on
 * the connection's loop, to which a caller's parts come from any thread.
 */
final class OutgoingRequest implements HttpRequestBody {

  /** Written by the caller and not passed on yet: no more than a connection's high mark. */
  private static final int HIGH_MARK = 256 << 10;

  /** More than this from a caller on another thread, who does not hold back, ends the call. */
  private static final int MOST_UNSENT = 16 << 20;

  /** What a caller who does not hold back may write before it can be sent. */
  private static final int MOST_WITHHELD = 1 << 20;

  /** Redirections, too, are answers to the head alone. */
  private static final int FIRST_REFUSAL = 300;

  private final HttpClientExchange exchange;
  private final AtomicInteger unsent = new AtomicInteger();

  /** Parts, and the end, that the loop has not come to yet: what is written on it goes behind. */
  private final AtomicInteger onTheWay = new AtomicInteger();

  // Loop only.
  private boolean begun;
  private boolean sent;
  private boolean awaitingContinue;
  private boolean handedOver;

  /** Made for the first part that comes too early. */
  private @Nullable ArrayDeque<ByteBuf> withheld;

  private int withheldBytes;
  private long written;
  private boolean writing;
  private boolean endReached;
  private @Nullable OutgoingFields trailers;

  /** Written on the loop, read by whoever asks: parts of the body go out as they come. */
  private volatile boolean flows;

  // Set by the caller on any thread.
  private volatile boolean finished;
  private volatile @Nullable Runnable action;

  OutgoingRequest(HttpClientExchange exchange) {
    this.exchange = exchange;
    this.finished = !exchange.request().isStreamed();
  }

  // ---- the caller's side, any thread

  @Override
  public boolean write(ByteBuf data) {
    if (finished || exchange.over()) {
      data.release();
      return false;
    }
    if (isNext()) {
      part(data);
      return true;
    }
    int bytes = data.readableBytes();
    if (unsent.addAndGet(bytes) > MOST_UNSENT) {
      unsent.addAndGet(-bytes);
      data.release();
      exchange.onLoop(
          () -> exchange.bodyBroken("a body was written far faster than it is passed on"));
      return false;
    }
    queue(
        () -> {
          part(data);
          if (unsent.addAndGet(-bytes) == 0) {
            signal();
          }
        });
    return true;
  }

  /** Whether nothing of the body goes before what comes now, on the loop. */
  private boolean isNext() {
    return exchange.inLoop() && !writing && onTheWay.get() == 0;
  }

  private void queue(Runnable task) {
    onTheWay.incrementAndGet();
    Runnable inTurn =
        () -> {
          task.run();
          onTheWay.decrementAndGet();
        };
    if (!exchange.later(inTurn)) {
      inTurn.run();
    }
  }

  @Override
  public boolean isWritable() {
    return !finished && unsent.get() < HIGH_MARK && mayFlow() && exchange.canWrite();
  }

  @Override
  public void onWritable(Runnable wanted) {
    action = wanted;
    if (isWritable()) {
      exchange.onLoop(this::signal);
    }
  }

  @Override
  public void finish() {
    end(null);
  }

  @Override
  public void finish(OutgoingFields fields) {
    RequestChecks.checkTrailers(fields);
    end(fields);
  }

  private void end(@Nullable OutgoingFields fields) {
    if (!finished) {
      finished = true;
      if (isNext()) {
        endReached(fields);
      } else {
        queue(() -> endReached(fields));
      }
    }
  }

  private void endReached(@Nullable OutgoingFields fields) {
    endReached = true;
    trailers = fields;
    sendEnd();
  }

  /** Whether what is written goes out: the head has, and the peer is not waited for. */
  private boolean mayFlow() {
    return flows && !exchange.over();
  }

  // ---- how far it is, on the loop

  boolean begun() {
    return begun;
  }

  /** Whether the peer may have seen something of it. */
  boolean sent() {
    return sent;
  }

  boolean awaitsContinue() {
    return awaitingContinue;
  }

  /** Whether the last of it was handed over for sending. */
  boolean handedOver() {
    return handedOver;
  }

  /** Whether it is the caller who keeps it from moving on. */
  boolean waitsForCaller() {
    return !handedOver && mayFlow() && exchange.canWrite();
  }

  // ---- how it goes out, on the loop

  void begin() {
    HttpClientRequest request = exchange.request();
    begun = true;
    awaitingContinue = request.expectsContinue();
    boolean follows = awaitingContinue || request.isStreamed();
    handedOver = !follows;
    boolean accepted =
        (follows || !request.hasBody())
            ? exchange.sendHead(null, !follows)
            : exchange.sendHead(request.takeBody(), true);
    if (!accepted) {
      exchange.failUnsent(Kind.CONNECTION_LOST, "the connection has ended");
      return;
    }
    sent = true;
    if (request.isStreamed() && !awaitingContinue) {
      bodyFlows();
    }
  }

  /** The peer takes the body, or has been silent for long enough. */
  void continueBody() {
    if (!awaitingContinue) {
      return;
    }
    awaitingContinue = false;
    HttpClientRequest request = exchange.request();
    if (request.isStreamed()) {
      bodyFlows();
    } else {
      handedOver = true;
      exchange.sendData(request.takeBody(), true);
    }
  }

  /**
   * A body that was not asked for until the response came is not wanted where that is a refusal. A
   * server that has not said 100 may wait for it all the same, and gets it as one that is silent.
   */
  void responseBegun(int status) {
    awaitingContinue &= status < FIRST_REFUSAL;
  }

  private void part(ByteBuf data) {
    if (exchange.over() || !data.isReadable()) {
      data.release();
      return;
    }
    if (endReached) {
      // Of two threads that do not wait for each other: what was taken must not be lost unheard.
      data.release();
      exchange.bodyBroken("a part of a body behind its end");
      return;
    }
    written += data.readableBytes();
    long declared = exchange.request().contentLength();
    if (declared != HttpClientRequest.UNKNOWN_LENGTH && written > declared) {
      data.release();
      exchange.bodyBroken("more of a body than the " + declared + " bytes that were declared");
    } else if (mayFlow()) {
      pass(data);
    } else if ((long) withheldBytes + data.readableBytes() > MOST_WITHHELD) {
      data.release();
      exchange.bodyBroken("a body was written that could not be sent yet");
    } else {
      withheldBytes += data.readableBytes();
      if (withheld == null) {
        withheld = new ArrayDeque<>();
      }
      withheld.add(data);
    }
  }

  /** From now on parts go out as they come. */
  private void bodyFlows() {
    flows = true;
    ByteBuf data;
    while ((data = pollWithheld()) != null) {
      pass(data);
    }
    sendEnd();
    signal();
  }

  private @Nullable ByteBuf pollWithheld() {
    return withheld == null ? null : withheld.poll();
  }

  private void pass(ByteBuf data) {
    writing = true;
    try {
      exchange.sendData(data, false);
    } finally {
      writing = false;
    }
  }

  private void sendEnd() {
    if (!endReached || !mayFlow()) {
      return;
    }
    long declared = exchange.request().contentLength();
    if (declared != HttpClientRequest.UNKNOWN_LENGTH && written < declared) {
      exchange.bodyBroken("a body of " + written + " bytes, " + declared + " were declared");
    } else {
      handedOver = true;
      exchange.sendEnd(trailers);
    }
  }

  /** It may have become writable. */
  void signal() {
    Runnable wanted = action;
    if (wanted != null && writing) {
      // Its parts would come before the one that is being written.
      boolean unused = exchange.later(this::signal);
    } else if (wanted != null && isWritable()) {
      exchange.run(wanted);
    }
  }

  /** Nobody wants it any more. */
  void drop() {
    exchange.request().release();
    ByteBuf data;
    while ((data = pollWithheld()) != null) {
      data.release();
    }
  }
}
