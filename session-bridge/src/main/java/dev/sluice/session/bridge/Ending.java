// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

import dev.sluice.api.CloseReason;
import org.jspecify.annotations.Nullable;

/**
 * Why a connection ends, in the words of the place that decided it: what a record of the close can
 * tell beyond the reason that the session hears.
 *
 * @param limit the configuration key of the limit that was reached
 * @param detail for people; bounded, may hold what a peer sent
 */
public record Ending(
    CloseReason reason, ClosedBy by, @Nullable String limit, @Nullable String detail) {

  /** What a note, or the detail of an ending, may be long. */
  static final int TEXT_LENGTH = 200;

  static final String SOFT_CAP_KEY = "max_open_sessions_soft";
  static final String HARD_CAP_KEY = "max_open_sessions_hard";

  public static final Ending PEER_CLOSED = of(CloseReason.PEER_CLOSED);
  public static final Ending PEER_RESET = of(CloseReason.PEER_RESET);
  public static final Ending DRAINED = of(CloseReason.DRAINED);
  public static final Ending IDLE = limit(CloseReason.IDLE_TIMEOUT, "idle_connection_timeout");
  public static final Ending HANDSHAKE = limit(CloseReason.HANDSHAKE_TIMEOUT, "handshake_timeout");

  /** An interface may let connections idle for less than a handshake may take. */
  public static final Ending IDLE_HANDSHAKE =
      limit(CloseReason.HANDSHAKE_TIMEOUT, "idle_connection_timeout");

  public static final Ending NO_PROGRESS =
      limit(CloseReason.SLOW_CONSUMER, "slow_consumer_timeout");
  public static final Ending CONNECTION_OUTPUT =
      limit(CloseReason.SLOW_CONSUMER, "outbound_connection_limit");
  public static final Ending NODE_OUTPUT = limit(CloseReason.SLOW_CONSUMER, "outbound_queue_limit");
  public static final Ending NODE_INPUT = limit(CloseReason.INBOUND_BUDGET, "inbound_queue_limit");
  public static final Ending HARD_CAP = limit(CloseReason.HARD_CAP, HARD_CAP_KEY);
  public static final Ending DRAIN_DEADLINE = limit(CloseReason.DRAIN_DEADLINE, "drain_timeout");

  static final Ending SOCKET_CLOSED = of(CloseReason.INTERNAL_ERROR, "the socket was closed");

  /** A node ends its connections before its loops: a failure of its own. */
  static final Ending LOOP_STOPPED = of(CloseReason.INTERNAL_ERROR, "the event loop has stopped");

  /** By whom the reason itself says. */
  public static Ending of(CloseReason reason) {
    return of(reason, null);
  }

  public static Ending of(CloseReason reason, @Nullable String detail) {
    ClosedBy by =
        switch (reason.initiator()) {
          case PEER -> ClosedBy.PEER;
          case SESSION -> ClosedBy.SESSION;
          case NODE -> ClosedBy.NODE;
        };
    return new Ending(reason, by, null, detail);
  }

  private static Ending limit(CloseReason reason, String key) {
    return new Ending(reason, ClosedBy.NODE, key, null);
  }

  public static Ending byOperator(CloseReason reason) {
    return new Ending(reason, ClosedBy.OPERATOR, null, null);
  }

  /** The session has closed in order since the node asked it to. */
  public static Ending asked(String why) {
    return new Ending(CloseReason.SESSION_CLOSED, ClosedBy.NODE, null, why);
  }

  /** What failed, with the words of the failure, or else its name. */
  public static String describe(String what, @Nullable Throwable failure) {
    if (failure == null) {
      return what;
    }
    return bounded(what + ": " + words(failure));
  }

  private static String words(Throwable failure) {
    String words = null;
    try {
      words = failure.getMessage();
    } catch (Throwable failedItself) {
      // A protocol's exception may do anything; its name has to do.
    }
    return words == null ? failure.getClass().getSimpleName() : words;
  }

  public static String bounded(String text) {
    return text.length() <= TEXT_LENGTH ? text : text.substring(0, TEXT_LENGTH);
  }
}
