// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** Calls that wait for others, which for most requests there are none of. Any thread. */
class Waiting {

  // Made by the first thread that needs it.
  private volatile @Nullable Queue<Runnable> calls;

  final void add(Runnable call) {
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
    queue.add(call);
  }

  final @Nullable Runnable poll() {
    Queue<Runnable> queue = calls;
    return queue == null ? null : queue.poll();
  }
}
