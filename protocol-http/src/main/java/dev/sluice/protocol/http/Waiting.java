// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * Calls from any thread that are made one after the other, in their order, by whoever has them: who
 * raises their count from 0 has them until it is 0 again. It is raised before a call can be seen,
 * so that it is 0 only where none is left: a later call of the same thread could go first
 * otherwise.
 */
class Waiting {

  private static final AtomicIntegerFieldUpdater<Waiting> PENDING =
      AtomicIntegerFieldUpdater.newUpdater(Waiting.class, "pending");

  // Those that run or wait.
  @SuppressWarnings("unused") // by its updater
  private volatile int pending;

  // Given by who has raised the count from 0, to who makes the calls: a call with none before it,
  // as that of most requests, needs no queue.
  private @Nullable Runnable first;

  // Made by the first thread that needs it.
  private volatile @Nullable Queue<Runnable> calls;

  /** True: none was before it, and who has added it sees to it that the calls are made. */
  final boolean add(Runnable call) {
    if (PENDING.getAndIncrement(this) == 0) {
      first = call;
      return true;
    }
    queue().add(call);
    return false;
  }

  /** Whether none is before a call that is made right now, without being added. */
  final boolean begin() {
    return PENDING.compareAndSet(this, 0, 1);
  }

  /** For who has them. Null: there is none, or it can't be seen yet. */
  final @Nullable Runnable next() {
    Runnable call = first;
    if (call != null) {
      first = null;
      return call;
    }
    Queue<Runnable> queue = calls;
    return queue == null ? null : queue.poll();
  }

  /** For who has them: so many were made. False: none is left, and nobody has them any more. */
  final boolean made(int calls) {
    return PENDING.addAndGet(this, -calls) > 0;
  }

  private Queue<Runnable> queue() {
    Queue<Runnable> queue = calls;
    if (queue == null) {
      synchronized (this) {
        queue = calls;
        if (queue == null) {
          queue = new ConcurrentLinkedQueue<>();
          calls = queue;
        }
      }
    }
    return queue;
  }
}
