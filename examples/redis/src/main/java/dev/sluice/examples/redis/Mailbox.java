// SPDX-License-Identifier: Apache-2.0
package dev.sluice.examples.redis;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Messages for a subscriber, from any thread, until the subscriber takes them in its own order. So
 * a message and the answer to an {@code UNSUBSCRIBE} can't overtake each other, and who reads
 * slowly keeps its messages waiting here, where they are bounded.
 */
final class Mailbox {

  /** What became of a message. */
  enum Posted {
    /** It waits, and nobody has been told to look. */
    WAKE,
    WAITS,
    NO_ROOM,
    GONE
  }

  private final long mostBytes;
  private final ArrayDeque<Message> messages = new ArrayDeque<>(4);
  private long bytes;
  private boolean awake;
  private boolean gone;

  Mailbox(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /** A message is taken where none waits, however long it is. */
  synchronized Posted post(Message message) {
    if (gone) {
      return Posted.GONE;
    }
    if (bytes > 0 && bytes + message.cost() > mostBytes) {
      return Posted.NO_ROOM;
    }
    messages.add(message);
    bytes += message.cost();
    if (awake) {
      return Posted.WAITS;
    }
    awake = true;
    return Posted.WAKE;
  }

  /** The next one; null: none, and the next to come wakes again. */
  synchronized @Nullable Message take() {
    Message message = messages.poll();
    if (message == null) {
      awake = false;
    } else {
      bytes -= message.cost();
    }
    return message;
  }

  synchronized void close() {
    gone = true;
    messages.clear();
    bytes = 0;
  }
}
