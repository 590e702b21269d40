// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import dev.sluice.api.rpc.ResponseBody;
import dev.sluice.api.rpc.RpcResponse;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The parts of an answer on their way from the application, on any thread, to the loop. */
final class StreamedAnswer implements ResponseBody {

  /** Written by the application and not passed on yet: no more than a connection's high mark. */
  private static final int HIGH_MARK = 256 << 10;

  private final HttpExchange exchange;
  private final AnswerState answer;
  private final AtomicInteger unsent = new AtomicInteger();

  // Set by the application on any thread.
  private volatile boolean finished;
  private volatile @Nullable Runnable action;

  StreamedAnswer(HttpExchange exchange, AnswerState answer) {
    this.exchange = exchange;
    this.answer = answer;
  }

  /** There is nobody to write for. */
  StreamedAnswer tooLate() {
    finished = true;
    return this;
  }

  @Override
  public boolean write(ByteBuf data) {
    if (finished || answer.isCancelled()) {
      data.release();
      return false;
    }
    LoopCalls calls = exchange.calls();
    if (calls.enter()) {
      try {
        answer.sendPart(data);
      } finally {
        calls.exit();
      }
    } else {
      int bytes = data.readableBytes();
      unsent.addAndGet(bytes);
      calls.execute(
          () -> {
            answer.sendPart(data);
            if (unsent.addAndGet(-bytes) == 0) {
              signal();
            }
          });
    }
    return true;
  }

  @Override
  public boolean isWritable() {
    return !finished && !answer.isCancelled() && unsent.get() < HIGH_MARK && exchange.canWrite();
  }

  @Override
  public void onWritable(Runnable wanted) {
    action = wanted;
    if (isWritable()) {
      exchange.execute(wanted);
    }
  }

  @Override
  public synchronized boolean awaitWritable(Duration timeout) throws InterruptedException {
    long until = System.nanoTime() + timeout.toNanos();
    while (!isWritable()) {
      long left = until - System.nanoTime();
      if (left <= 0 || finished || answer.isCancelled()) {
        return false;
      }
      // Rounded up, since 0 would wait for ever.
      wait(left / 1_000_000 + 1);
    }
    return true;
  }

  /** On the loop: it may have become writable. */
  void signal() {
    if (isWritable()) {
      wake();
      Runnable wanted = action;
      if (wanted != null) {
        exchange.execute(wanted);
      }
    }
  }

  synchronized void wake() {
    notifyAll();
  }

  @Override
  public void finish() {
    end(null);
  }

  @Override
  public void finish(RpcResponse trailers) {
    trailers.release();
    AnswerFraming.checkTrailers(trailers);
    end(trailers);
  }

  private void end(@Nullable RpcResponse trailers) {
    if (!finished) {
      finished = true;
      wake();
      exchange.onLoop(() -> answer.finish(trailers));
    }
  }

  @Override
  public void abort() {
    finished = true;
    wake();
    exchange.onLoop(answer::abort);
  }
}
