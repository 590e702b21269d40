// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.http;

import dev.sluice.testkit.InMemoryConnection;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/** Carries what one end sends to the other, as far as that reads. Of the test's thread. */
final class Pipe {

  /** As much as is under way at once. */
  private static final int WINDOW = 64 << 10;

  private final InMemoryConnection from;
  private final InMemoryConnection to;
  private final Runnable others;

  /** The length of the next segment, of so many bytes. */
  private IntUnaryOperator segments = IntUnaryOperator.identity();

  /** What the receiver may still take; negative: all. */
  private long room = -1;

  private long moved;
  private boolean moving;
  private boolean over;

  /**
   * @param others runs what waits, where a worker's task waits for it
   */
  Pipe(InMemoryConnection from, InMemoryConnection to, Runnable others) {
    this.from = from;
    this.to = to;
    this.others = others;
    from.stopReading();
  }

  void cutInto(IntUnaryOperator lengths) {
    segments = lengths;
  }

  /**
   * @param bytes how many more are taken; negative: all
   */
  void let(long bytes) {
    room = bytes < 0 ? -1 : bytes + Math.max(0, room);
  }

  /** Somebody waits for it. */
  void readALittle() {
    if (room == 0) {
      let(WINDOW);
    }
  }

  /** Nothing more is taken. */
  void stop() {
    room = 0;
  }

  /** Bytes so far. */
  long moved() {
    return moved;
  }

  /** Moves what there is. False: nothing was to be moved. */
  boolean move() {
    if (over || moving) {
      return false;
    }
    moving = true;
    try {
      return moveOn();
    } finally {
      moving = false;
    }
  }

  private boolean moveOn() {
    long wanted = to.reading() ? (room < 0 ? WINDOW : Math.min(room, WINDOW)) : 0;
    if (wanted > 0) {
      from.read((int) wanted);
      others.run();
    }
    // What is granted beyond the last byte must not count next time.
    from.stopReading();
    byte[] bytes = from.takeReceived();
    if (bytes.length > 0) {
      moved += bytes.length;
      room = room < 0 ? -1 : Math.max(0, room - bytes.length);
      feed(bytes);
      return true;
    }
    return room != 0 && end();
  }

  private void feed(byte[] bytes) {
    for (int at = 0; at < bytes.length; ) {
      int length = Math.max(1, Math.min(bytes.length - at, segments.applyAsInt(bytes.length - at)));
      to.feed(Arrays.copyOfRange(bytes, at, at + length));
      others.run();
      at += length;
    }
  }

  private boolean end() {
    if (from.brokenOff()) {
      over = true;
      to.reset();
    } else if (from.outputEnded()) {
      over = true;
      to.endInput();
    }
    return over;
  }
}
