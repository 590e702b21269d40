// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Bytes of output that wait for the kernel on all connections together. Connections settle their
 * share in steps (see {@link OutboundPath}), so the sum is right to some kilobytes a connection.
 * Any thread.
 */
final class OutboundBudget {

  private final long limit;
  private final AtomicLong used = new AtomicLong();

  OutboundBudget(long limit) {
    this.limit = limit;
  }

  void add(long bytes) {
    used.addAndGet(bytes);
  }

  long used() {
    return used.get();
  }

  boolean exhausted() {
    return used.get() > limit;
  }

  /** Past half: time for connections over their own mark to stop producing. */
  boolean strained() {
    return used.get() > limit / 2;
  }
}
