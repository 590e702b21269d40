// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.mqttbroker;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Messages for a client, put in by any thread and taken out in the client's own order, when it
 * reads and acknowledges. What waits is bounded.
 */
final class Outbox {

  /** What became of a message. */
  enum Posted {
    /** It waits, and nobody has been told to look. */
    WAKE,
    WAITS,
    NO_ROOM,
    GONE
  }

  private final long mostBytes;
  private final ArrayDeque<Delivery> waiting = new ArrayDeque<>(4);
  private long bytes;
  private boolean awake;
  private boolean gone;

  Outbox(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /** A message is taken where none waits, however large it is. */
  synchronized Posted post(Delivery delivery) {
    if (gone) {
      return Posted.GONE;
    }
    long size = delivery.message().size();
    if (bytes > 0 && bytes + size > mostBytes) {
      return Posted.NO_ROOM;
    }
    waiting.add(delivery);
    bytes += size;
    if (awake) {
      return Posted.WAITS;
    }
    awake = true;
    return Posted.WAKE;
  }

  /** The next one, which stays; null: none, and the next to come wakes again. */
  synchronized @Nullable Delivery peek() {
    Delivery next = waiting.peek();
    awake = next != null;
    return next;
  }

  synchronized void remove() {
    Delivery taken = waiting.poll();
    bytes -= taken == null ? 0 : taken.message().size();
  }

  synchronized void close() {
    gone = true;
    waiting.clear();
    bytes = 0;
  }
}
