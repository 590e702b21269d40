// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.outbound;

import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Why a connection could not be opened. In every case there is no session, and none will come of
 * this attempt; nothing that a session would have sent was sent.
 */
public final class OutboundException extends RuntimeException {

  private static final long serialVersionUID = 1;

  /** What failed. New kinds may be added: a {@code switch} wants a default. */
  public enum Kind {
    /** The host name has no address, or no name server answered in time. */
    NAME_NOT_RESOLVED,
    /** Every address refused, or there is no way to any of them. */
    REFUSED,
    /** No address took the connection within {@link OutboundOptions#connectTimeout}. */
    CONNECT_TIMEOUT,
    /** Connected, but TLS did not stand within {@link OutboundOptions#handshakeTimeout}. */
    HANDSHAKE_TIMEOUT,
    /**
     * The peer's certificate does not lead to a trusted authority, or is not valid at this time;
     * the message says which.
     */
    CERTIFICATE_NOT_TRUSTED,
    /** The peer's certificate is trusted, and is for others than the host that was asked for. */
    HOST_NAME_MISMATCH,
    /** The peer speaks none of the ALPN names that were asked for. */
    PROTOCOL_NOT_NEGOTIATED,
    /**
     * Whatever else went wrong in the TLS handshake: the peer speaks no TLS, no common version, an
     * alert, the peer broke off. A peer that wants another client certificate says so here only
     * under TLS 1.2: under TLS 1.3 the client's handshake is complete before the peer has looked at
     * the certificate, so that the session is made and then ends with {@code tls_error} (RFC 8446,
     * section 4.4.2.4 and appendix E.1).
     */
    HANDSHAKE_FAILED,
    /**
     * What the options name for TLS can't be used on this node: its own certificate is unknown or
     * has not come yet, or the file of trusted authorities can't be read.
     */
    CREDENTIALS_UNAVAILABLE,
    /** The node has as many outbound connections as it may, or is out of descriptors. */
    LOCAL_LIMIT,
    /** The node is going to stop. */
    DRAINING,
    /** There is no such protocol here, or it has no client's side. */
    NOT_SUPPORTED,
    /**
     * The connection stood, and its session could not be made: the factory failed, or the
     * connection ended before the factory was called.
     */
    SESSION_FAILED
  }

  /** What went wrong. */
  private final Kind kind;

  /**
   * A failure.
   *
   * @param kind what failed
   * @param message for people, with the target
   * @param cause null where there is none
   */
  public OutboundException(Kind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = Objects.requireNonNull(kind);
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
   * Finds the failure in what a stage's dependent was given, which stages wrap.
   *
   * @param failure also null, as in {@code whenComplete}
   * @return empty if a connection that could not be opened is not the cause
   */
  public static Optional<OutboundException> in(@Nullable Throwable failure) {
    for (Throwable at = failure; at != null; at = at.getCause()) {
      if (at instanceof OutboundException found) {
        return Optional.of(found);
      }
    }
    return Optional.empty();
  }
}
