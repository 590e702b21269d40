// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.protocol.http.client.HttpClientException.Kind;
import io.netty.util.internal.ThreadExecutorMap;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** Waits for a response on the caller's thread. */
final class BlockingCall {

  /** A thread is not kept for ever. */
  private static final Duration DEADLINE = Duration.ofMinutes(1);

  /** Behind the deadline, which is looked at now and then: the loop has died. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  private BlockingCall() {}

  static HttpClientResponse of(
      HttpClientRequest request, Supplier<CompletionStage<HttpClientResponse>> sender)
      throws InterruptedException {
    if (ThreadExecutorMap.currentExecutor() != null) {
      request.release();
      throw new IllegalStateException(
          request
              + ": a blocking request on an event loop, "
              + Thread.currentThread().getName()
              + "; use send there, or a handler whose execution() is WORKERS");
    }
    if (Thread.interrupted()) {
      request.release();
      throw new InterruptedException();
    }
    Duration deadline = request.deadline().orElse(DEADLINE);
    request.deadline(deadline);
    CompletableFuture<HttpClientResponse> stage = sender.get().toCompletableFuture();
    try {
      return stage.get(nanos(deadline), TimeUnit.NANOSECONDS);
    } catch (InterruptedException interrupted) {
      stage.cancel(false);
      throw interrupted;
    } catch (TimeoutException nobodyLooks) {
      stage.cancel(false);
      throw new HttpClientException(
          Kind.TIMEOUT, true, request + ": not answered within " + deadline, nobodyLooks);
    } catch (ExecutionException failed) {
      throw here(failed);
    }
  }

  private static long nanos(Duration deadline) {
    try {
      return deadline.plus(GRACE).toNanos();
    } catch (ArithmeticException longerThanAnyoneWaits) {
      return Long.MAX_VALUE;
    }
  }

  /** The same with the stack of whoever has waited. */
  private static RuntimeException here(ExecutionException failed) {
    return failed.getCause() instanceof HttpClientException of
        ? new HttpClientException(of.kind(), of.sent(), String.valueOf(of.getMessage()), of)
        : new IllegalStateException(failed);
  }
}
