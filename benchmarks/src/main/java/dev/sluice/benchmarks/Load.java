// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import org.jspecify.annotations.Nullable;

/**
 * Traffic to one server that can be started and stopped many times. It stops by running dry: no new
 * work is begun and everything in flight comes back, so that the server's CPU time between a start
 * and the end of its stop is exactly that of the work counted.
 *
 * <p>Everything here runs on the loop of the {@link Connector}, so plain fields do.
 */
abstract class Load {

  private final EventExecutor loop;
  private final Promise<Void> failure;
  private @Nullable Promise<Tally> dry;
  private int busy;
  private long operations;
  private long bytes;
  private long lost;

  Load(EventExecutor loop) {
    this.loop = loop;
    this.failure = loop.newPromise();
  }

  /** Opens what stays open over all rounds; complete when the load may start. */
  abstract Future<?> open();

  /** Sets every connection going. */
  protected abstract void begin();

  final void start() {
    operations = 0;
    bytes = 0;
    lost = 0;
    dry = null;
    begin();
  }

  /** Begins nothing new; complete when nothing is in flight. */
  final Future<Tally> stop() {
    Promise<Tally> promise = loop.newPromise();
    dry = promise;
    completeIfDry();
    return promise;
  }

  /** Never succeeds; fails at the first thing that went wrong. */
  final Future<Void> failure() {
    return failure;
  }

  protected final EventExecutor loop() {
    return loop;
  }

  protected final boolean running() {
    return dry == null;
  }

  protected final void connectionBusy() {
    busy++;
  }

  protected final void connectionDry() {
    busy--;
    completeIfDry();
  }

  protected final void count(int moreOperations, int moreBytes) {
    operations += moreOperations;
    bytes += moreBytes;
  }

  protected final void countLost(int more) {
    lost += more;
  }

  protected final void fail(Throwable cause) {
    failure.tryFailure(cause);
  }

  /** Bytes to send, repeating with a period of 251 so that a shifted echo does not compare. */
  protected static ByteBuf pattern(int size) {
    ByteBuf message = Unpooled.directBuffer(size, size);
    for (int i = 0; i < size; i++) {
      message.writeByte(i % 251);
    }
    return Unpooled.unreleasableBuffer(message);
  }

  private void completeIfDry() {
    if (busy == 0 && dry != null) {
      dry.trySuccess(new Tally(operations, bytes, lost));
    }
  }
}
