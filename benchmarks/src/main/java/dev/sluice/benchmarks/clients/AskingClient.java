// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks.clients;

import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A client with connections that each ask again as soon as they are answered, while a round lasts.
 */
abstract class AskingClient implements AutoCloseable {

  static final String PATH = "/hello";
  static final int LENGTH = "Hello, World!".length();

  private final int connections;
  private final Semaphore idle;
  private final LongAdder answers = new LongAdder();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
  private volatile boolean asking;

  AskingClient(int connections) {
    this.connections = connections;
    this.idle = new Semaphore(connections);
  }

  /** Opens all connections, and returns when they stand. */
  abstract void open(int port, boolean secure) throws Exception;

  /** Sends the first request of a round on a connection. */
  abstract void ask(int connection);

  /** A whole answer has come. True: ask again. */
  final boolean answered(int status, long length) {
    if (status != 200 || length != LENGTH) {
      failed(new IllegalStateException("status " + status + " with " + length + " bytes"));
      return false;
    }
    answers.increment();
    if (asking) {
      return true;
    }
    idle.release();
    return false;
  }

  final void failed(Throwable cause) {
    failure.compareAndSet(null, cause);
    idle.release();
  }

  /** Asks for a time and until all answers have come; how many there were. */
  final long round(long millis) throws InterruptedException {
    answers.reset();
    asking = true;
    for (int i = 0; i < connections; i++) {
      idle.acquire();
      ask(i);
    }
    Thread.sleep(millis);
    asking = false;
    idle.acquire(connections);
    idle.release(connections);
    Throwable wrong = failure.get();
    if (wrong != null) {
      throw new IllegalStateException("a request has failed: there is no result", wrong);
    }
    return answers.sum();
  }

  final int connections() {
    return connections;
  }

  @Override
  public abstract void close();
}
