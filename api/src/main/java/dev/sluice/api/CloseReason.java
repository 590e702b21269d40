// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Why a connection was closed: a code that metrics and records count by, and who began it.
 *
 * <p>Equal by code. A protocol may add codes of its own with {@link #of}; choose them from a fixed
 * list and never from what a peer sent, since they are counted by name (a node counts what is
 * beyond its bound as {@code other}).
 */
public final class CloseReason {

  /** Who began the close. */
  public enum Initiator {
    /** The other end of the connection. */
    PEER,
    /** The protocol's session. */
    SESSION,
    /** The node, by a limit, a failure or its own end. */
    NODE
  }

  /** The peer ended the connection in order. */
  public static final CloseReason PEER_CLOSED = new CloseReason("peer_closed", Initiator.PEER);

  /** The peer broke the connection off, or it failed on the way. */
  public static final CloseReason PEER_RESET = new CloseReason("peer_reset", Initiator.PEER);

  /** The session closed in order. */
  public static final CloseReason SESSION_CLOSED =
      new CloseReason("session_closed", Initiator.SESSION);

  /** The session aborted without a reason of its own. */
  public static final CloseReason SESSION_ABORTED =
      new CloseReason("session_aborted", Initiator.SESSION);

  /** The peer broke the protocol, or the session failed. */
  public static final CloseReason PROTOCOL_ERROR =
      new CloseReason("protocol_error", Initiator.SESSION);

  /** Admitted over the interface's soft cap and sent away. */
  public static final CloseReason CAPPED = new CloseReason("capped", Initiator.NODE);

  /** Over the interface's hard cap: closed at accept; no session hears it. */
  public static final CloseReason HARD_CAP = new CloseReason("hard_cap", Initiator.NODE);

  /** Neither a byte read nor a byte taken by the peer for the idle timeout. */
  public static final CloseReason IDLE_TIMEOUT = new CloseReason("idle_timeout", Initiator.NODE);

  /** The TLS handshake was not finished in time. */
  public static final CloseReason HANDSHAKE_TIMEOUT =
      new CloseReason("handshake_timeout", Initiator.NODE);

  /** The TLS handshake failed, or a record could not be read. */
  public static final CloseReason TLS_ERROR = new CloseReason("tls_error", Initiator.PEER);

  /** The client offered ALPN names and the protocol has none of them. */
  public static final CloseReason NO_APPLICATION_PROTOCOL =
      new CloseReason("no_application_protocol", Initiator.NODE);

  /** The client asked for a server by a name that no certificate of the interface has. */
  public static final CloseReason UNRECOGNIZED_NAME =
      new CloseReason("unrecognized_name", Initiator.NODE);

  /** Output waited without progress, or more of it than the bounds allow. */
  public static final CloseReason SLOW_CONSUMER = new CloseReason("slow_consumer", Initiator.NODE);

  /** Held more unfinished input than the node could bear while it was out of inbound budget. */
  public static final CloseReason INBOUND_BUDGET =
      new CloseReason("inbound_budget", Initiator.NODE);

  /** Terminated by the node's own code from outside the session. */
  public static final CloseReason TERMINATED = new CloseReason("terminated", Initiator.NODE);

  /** Closed by a person, through the node's operator interface. */
  public static final CloseReason CLOSED_BY_OPERATOR =
      new CloseReason("closed_by_operator", Initiator.NODE);

  /** Had nothing in hand when the node was asked to end. */
  public static final CloseReason DRAINED = new CloseReason("drained", Initiator.NODE);

  /** Still open when the node's drain had run out. */
  public static final CloseReason DRAIN_DEADLINE =
      new CloseReason("drain_deadline", Initiator.NODE);

  /** The node failed, as when a channel could not be registered. */
  public static final CloseReason INTERNAL_ERROR =
      new CloseReason("internal_error", Initiator.NODE);

  private static final Pattern CODE = Pattern.compile("[a-z][a-z0-9_]{0,63}");

  private final String code;
  private final Initiator initiator;

  private CloseReason(String code, Initiator initiator) {
    this.code = code;
    this.initiator = initiator;
  }

  /**
   * A protocol's own reason.
   *
   * @param code a lower-case letter, then up to 63 lower-case letters, digits and underscores
   * @return a reason whose initiator is the session
   * @throws IllegalArgumentException if the code has another form
   */
  public static CloseReason of(String code) {
    if (!CODE.matcher(code).matches()) {
      throw new IllegalArgumentException(
          "close reason '" + code + "' does not match " + CODE.pattern());
    }
    return new CloseReason(code, Initiator.SESSION);
  }

  /**
   * What it is counted by.
   *
   * @return such as {@code idle_timeout}
   */
  public String code() {
    return code;
  }

  /**
   * Who began the close.
   *
   * @return not part of equality
   */
  public Initiator initiator() {
    return initiator;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof CloseReason reason && reason.code.equals(code);
  }

  @Override
  public int hashCode() {
    return code.hashCode();
  }

  @Override
  public String toString() {
    return code;
  }
}
