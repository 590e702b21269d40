// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import java.io.ByteArrayOutputStream;

/** How much the peer takes, and what it has got. Any thread. */
final class Delivery {

  private final ByteArrayOutputStream delivered = new ByteArrayOutputStream();
  private long room = Long.MAX_VALUE;

  /** The peer takes this many more bytes off the kernel's hands; -1: all that ever come. */
  synchronized void grant(long bytes) {
    room = bytes < 0 ? Long.MAX_VALUE : bytes + (room == Long.MAX_VALUE ? 0 : room);
  }

  synchronized void stop() {
    room = 0;
  }

  synchronized long room() {
    return room;
  }

  /** Bytes for which there is room, or the whole of a datagram. */
  synchronized void deliver(byte[] bytes) {
    delivered.writeBytes(bytes);
    if (room != Long.MAX_VALUE) {
      room = Math.max(0, room - bytes.length);
    }
  }

  /** What has come since the last call; it is not kept. */
  synchronized byte[] take() {
    byte[] taken = delivered.toByteArray();
    delivered.reset();
    return taken;
  }

  synchronized byte[] bytes() {
    return delivered.toByteArray();
  }
}
