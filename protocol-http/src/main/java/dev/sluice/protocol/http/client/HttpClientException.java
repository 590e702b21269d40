// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http.client;

import dev.sluice.api.outbound.OutboundException;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Why a request has no response, or only a part of it. */
public final class HttpClientException extends RuntimeException {

  private static final long serialVersionUID = 1;

  /** What failed. New kinds may be added: a {@code switch} wants a default. */
  public enum Kind {
    /** There is no connection; the {@link OutboundException} that says why is the cause. */
    NOT_CONNECTED,
    /** As many requests are under way, or wait, as may. */
    LIMIT,
    /** The connection, or the whole client, takes no more requests: it is about to end. */
    CLOSED,
    /** The connection has ended before the response had. */
    CONNECTION_LOST,
    /** The peer has said that it did nothing with the request (RFC 9113, section 8.7). */
    REFUSED,
    /** The peer has broken this response off and left the connection open. */
    RESET,
    /** The deadline is over, or nothing has moved for the read timeout; the message says which. */
    TIMEOUT,
    /** The caller has given the call up. */
    CANCELLED,
    /** The response is larger than was allowed for, in its fields or its body. */
    RESPONSE_TOO_LARGE,
    /** What came is no response. */
    INVALID_RESPONSE,
    /** The caller's own code has failed: the receiver, or a body unlike its declared length. */
    RECEIVER_FAILED
  }

  /** What went wrong. */
  private final Kind kind;

  /** Whether anything of the request was sent. */
  private final boolean sent;

  /** Whether it may be sent again. */
  private final boolean repeatable;

  /**
   * A failure.
   *
   * @param kind what failed
   * @param sent see {@link #sent()}
   * @param message for people
   * @param cause null where there is none
   */
  public HttpClientException(Kind kind, boolean sent, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = Objects.requireNonNull(kind);
    this.sent = sent;
    this.repeatable = false;
  }

  HttpClientException(Kind kind, boolean sent, boolean repeatable, String message) {
    super(message, null);
    this.kind = kind;
    this.sent = sent;
    this.repeatable = repeatable;
  }

  /** Whether the request may go over another connection although the peer may have acted on it. */
  boolean repeatable() {
    return repeatable;
  }

  /** The same, of a request of which an earlier attempt may have arrived. */
  HttpClientException afterAnEarlierAttempt() {
    return sent
        ? this
        : new HttpClientException(kind, true, String.valueOf(getMessage()), getCause());
  }

  /** The same, for another reason than the one that its connection has heard of. */
  HttpClientException because(Kind reason, String message) {
    return new HttpClientException(reason, sent, message, this);
  }

  /**
   * What failed.
   *
   * @return one of the kinds
   */
  public Kind kind() {
    return kind;
  }

  /**
   * Whether the peer may have acted on the request.
   *
   * @return {@code false}: not a byte of it has left the node, or the peer has said that it did
   *     nothing with it, so that it can be sent again whatever its method; {@code true}: some of it
   *     may have arrived
   */
  public boolean sent() {
    return sent;
  }

  /**
   * Finds the failure in what a stage's dependent was given, which stages wrap.
   *
   * @param failure also null, as in {@code whenComplete}
   * @return empty if no call is the cause
   */
  public static Optional<HttpClientException> in(@Nullable Throwable failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof HttpClientException found) {
        return Optional.of(found);
      }
    }
    return Optional.empty();
  }
}
