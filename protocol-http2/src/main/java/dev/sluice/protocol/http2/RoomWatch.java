// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What all connections know together of bodies that wait for room: whether any finds some, and how
 * much others have given up for them. Any thread.
 */
final class RoomWatch {

  private final AtomicLong found = new AtomicLong();
  private final AtomicLong givenUp = new AtomicLong();

  /** A body that waited for room goes on. */
  void found() {
    found.incrementAndGet();
  }

  long timesFound() {
    return found.get();
  }

  /** A body that waited has made room for others. */
  void gaveUp(long bytes) {
    givenUp.addAndGet(bytes);
  }

  long bytesGivenUp() {
    return givenUp.get();
  }
}
