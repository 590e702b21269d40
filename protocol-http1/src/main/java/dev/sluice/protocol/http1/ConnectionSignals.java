// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.ConnId;
import dev.sluice.api.SessionContext;
import dev.sluice.api.SessionWriter;
import java.time.Duration;

/**
 * What the node was told of a connection, so that it hears of changes only: whether something is
 * owed on it, and whether it is read from. Written on the connection's loop.
 */
final class ConnectionSignals {

  private final ConnId id;
  private final SessionWriter writer;
  private final SessionContext context;
  private boolean busy;
  private boolean readsPaused;
  private Duration silence = Duration.ZERO;

  ConnectionSignals(ConnId id, SessionWriter writer) {
    this.id = id;
    this.writer = writer;
    this.context = writer.context(id);
  }

  void busy(boolean now) {
    if (now != busy) {
      busy = now;
      context.busy(now);
    }
  }

  /** For so long nothing need move while it is busy. */
  void mayBeSilent(Duration now) {
    if (!now.equals(silence)) {
      silence = now;
      context.mayBeSilent(now);
    }
  }

  void pauseReads(boolean now) {
    if (now != readsPaused) {
      readsPaused = now;
      if (now) {
        writer.pauseReads(id);
      } else {
        writer.resumeReads(id);
      }
    }
  }

  boolean readsPaused() {
    return readsPaused;
  }
}
