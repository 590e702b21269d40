// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.rpc.OutgoingFields;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The parts of a request's body on their way from the caller, on any thread, to the loop. */
final class StreamedRequest implements HttpRequestBody {

  /** Written by the caller and not passed on yet: no more than a connection's high mark. */
  private static final int HIGH_MARK = 256 << 10;

  /** More than this from a caller on another thread, who does not hold back, ends the call. */
  private static final int MOST_UNSENT = 16 << 20;

  /** What a caller who does not hold back may write before it can be sent. */
  private static final int MOST_WITHHELD = 1 << 20;

  private final HttpClientExchange exchange;
  private final AtomicInteger unsent = new AtomicInteger();

  // Loop only.
  private final ArrayDeque<ByteBuf> withheld = new ArrayDeque<>(0);
  private int withheldBytes;
  private long written;
  private boolean writing;
  private boolean endReached;
  private @Nullable OutgoingFields trailers;

  // Set by the caller on any thread.
  private volatile boolean finished;
  private volatile @Nullable Runnable action;

  StreamedRequest(HttpClientExchange exchange, boolean streamed) {
    this.exchange = exchange;
    this.finished = !streamed;
  }

  @Override
  public boolean write(ByteBuf data) {
    if (finished || exchange.over()) {
      data.release();
      return false;
    }
    int bytes = data.readableBytes();
    if (exchange.inLoop()) {
      part(data);
    } else {
      if (unsent.addAndGet(bytes) > MOST_UNSENT) {
        unsent.addAndGet(-bytes);
        data.release();
        exchange.onLoop(
            () -> exchange.bodyBroken("a body was written far faster than it is passed on"));
        return false;
      }
      exchange.onLoop(
          () -> {
            part(data);
            if (unsent.addAndGet(-bytes) == 0) {
              signal();
            }
          });
    }
    return true;
  }

  @Override
  public boolean isWritable() {
    return !finished && unsent.get() < HIGH_MARK && exchange.bodyWritable();
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
    end(fields);
  }

  private void end(@Nullable OutgoingFields fields) {
    if (!finished) {
      finished = true;
      exchange.onLoop(
          () -> {
            endReached = true;
            trailers = fields;
            sendEnd();
          });
    }
  }

  // ---- on the loop

  private void part(ByteBuf data) {
    if (exchange.over() || !data.isReadable()) {
      data.release();
      return;
    }
    written += data.readableBytes();
    long declared = exchange.request().contentLength();
    if (declared != HttpClientRequest.UNKNOWN_LENGTH && written > declared) {
      data.release();
      exchange.bodyBroken("more of a body than the " + declared + " bytes that were declared");
    } else if (exchange.bodyMayFlow()) {
      pass(data);
    } else if ((long) withheldBytes + data.readableBytes() > MOST_WITHHELD) {
      data.release();
      exchange.bodyBroken("a body was written that could not be sent yet");
    } else {
      withheldBytes += data.readableBytes();
      withheld.add(data);
    }
  }

  /** From now on parts go out as they come. */
  void flows() {
    ByteBuf data;
    while ((data = withheld.poll()) != null) {
      pass(data);
    }
    sendEnd();
    signal();
  }

  private void pass(ByteBuf data) {
    writing = true;
    try {
      exchange.bodyPart(data);
    } finally {
      writing = false;
    }
  }

  private void sendEnd() {
    if (!endReached || !exchange.bodyMayFlow()) {
      return;
    }
    long declared = exchange.request().contentLength();
    if (declared != HttpClientRequest.UNKNOWN_LENGTH && written < declared) {
      exchange.bodyBroken("a body of " + written + " bytes, " + declared + " were declared");
    } else {
      exchange.bodyEnd(trailers);
    }
  }

  /** It may have become writable. */
  void signal() {
    Runnable wanted = action;
    if (wanted != null && writing) {
      // Its parts would come before the one that is being written.
      exchange.later(this::signal);
    } else if (wanted != null && isWritable()) {
      exchange.run(wanted);
    }
  }

  /** Nobody wants it any more. */
  void drop() {
    ByteBuf data;
    while ((data = withheld.poll()) != null) {
      data.release();
    }
  }
}
