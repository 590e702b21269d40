// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import dev.sluice.api.ScheduledTask;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Ends a connection so that no request is lost (RFC 9113, section 6.8). The client is first asked
 * to begin no more requests, with a PING behind; those that it began before it knew are taken. Once
 * it has answered it is told of the last one that counts.
 */
final class GoAways {

  /** Tells the PING from others. */
  private static final long PING = 0x736c756963650a01L;

  private enum State {
    OPEN,
    /** The client was asked, and may not know yet. */
    ANNOUNCED,
    /** The client was told of the last request that is answered. */
    SAID
  }

  private final Http2Server server;
  private State state = State.OPEN;
  private @Nullable ScheduledTask timer;

  GoAways(Http2Server server) {
    this.server = server;
  }

  /**
   * Asks the client.
   *
   * @param longest how long it has to answer
   */
  void announce(Duration longest) {
    if (state == State.OPEN && !server.ended()) {
      state = State.ANNOUNCED;
      server.goAway(Integer.MAX_VALUE);
      server.ping(PING);
      sayWithin(longest);
    }
  }

  void pingAnswered(long data) {
    if (data == PING && state == State.ANNOUNCED) {
      say();
    }
  }

  /** Tells the client at that time, if it was not told before. */
  void sayWithin(Duration longest) {
    stop();
    timer = server.schedule(longest, this::say);
  }

  void say() {
    if (state != State.SAID && !server.ended()) {
      state = State.SAID;
      stop();
      server.goAway(server.lastStreamBegun());
    }
  }

  boolean said() {
    return state == State.SAID;
  }

  void stop() {
    ScheduledTask running = timer;
    timer = null;
    if (running != null) {
      running.cancel();
    }
  }
}
