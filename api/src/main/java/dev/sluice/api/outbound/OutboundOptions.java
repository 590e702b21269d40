// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.outbound;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How to connect. Immutable; made once and used for any number of connections. What is not given is
 * as the node's configuration has it.
 */
public final class OutboundOptions {

  private static final OutboundOptions DEFAULTS = builder().build();
  private static final OutboundOptions PLAINTEXT = builder().plaintext().build();

  private final @Nullable OutboundTls tls;
  private final @Nullable Duration connectTimeout;
  private final @Nullable Duration handshakeTimeout;
  private final @Nullable Duration idleTimeout;
  private final @Nullable Record settings;
  private final boolean foreignTarget;

  private OutboundOptions(Builder from) {
    this.tls = from.tls;
    this.connectTimeout = from.connectTimeout;
    this.handshakeTimeout = from.handshakeTimeout;
    this.idleTimeout = from.idleTimeout;
    this.settings = from.settings;
    this.foreignTarget = from.foreignTarget;
  }

  /**
   * TLS by {@link OutboundTls#defaults()}, times as configured.
   *
   * @return the same always
   */
  public static OutboundOptions defaults() {
    return DEFAULTS;
  }

  /**
   * No TLS, times as configured.
   *
   * @return the same always
   */
  public static OutboundOptions plaintext() {
    return PLAINTEXT;
  }

  /**
   * Begins with the defaults.
   *
   * @return a builder, for one thread
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Begins with these options.
   *
   * @return a builder, for one thread
   */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.tls = tls;
    builder.connectTimeout = connectTimeout;
    builder.handshakeTimeout = handshakeTimeout;
    builder.idleTimeout = idleTimeout;
    builder.settings = settings;
    builder.foreignTarget = foreignTarget;
    return builder;
  }

  /**
   * How to do TLS.
   *
   * @return empty: not at all
   */
  public Optional<OutboundTls> tls() {
    return Optional.ofNullable(tls);
  }

  /**
   * How long it may take from the attempt until an address has taken the connection, the look-up of
   * the name included.
   *
   * @return empty: as the node has it
   */
  public Optional<Duration> connectTimeout() {
    return Optional.ofNullable(connectTimeout);
  }

  /**
   * How long the TLS handshake may take once connected; looked at every quarter of a second.
   *
   * @return empty: as the node has it
   */
  public Optional<Duration> handshakeTimeout() {
    return Optional.ofNullable(handshakeTimeout);
  }

  /**
   * How long the connection may be without a byte either way.
   *
   * @return empty: as the node has it
   */
  public Optional<Duration> idleTimeout() {
    return Optional.ofNullable(idleTimeout);
  }

  /**
   * What the session's context answers to {@code settings}.
   *
   * @return empty: it has none
   */
  public Optional<Record> settings() {
    return Optional.ofNullable(settings);
  }

  /**
   * Whether a peer has named the target.
   *
   * @return {@code false} by default
   */
  public boolean foreignTarget() {
    return foreignTarget;
  }

  /** Gathers options; every method answers the builder itself. */
  public static final class Builder {
    private @Nullable OutboundTls tls = OutboundTls.defaults();
    private @Nullable Duration connectTimeout;
    private @Nullable Duration handshakeTimeout;
    private @Nullable Duration idleTimeout;
    private @Nullable Record settings;
    private boolean foreignTarget;

    private Builder() {}

    /**
     * Does TLS in another way than by the defaults.
     *
     * @param how trust, own certificate, ALPN
     * @return this
     */
    public Builder tls(OutboundTls how) {
      tls = Objects.requireNonNull(how);
      return this;
    }

    /**
     * Sends and receives in the clear.
     *
     * @return this
     */
    public Builder plaintext() {
      tls = null;
      return this;
    }

    /**
     * Bounds the time until an address has taken the connection.
     *
     * @param timeout more than zero
     * @return this
     * @throws IllegalArgumentException if it is not
     */
    public Builder connectTimeout(Duration timeout) {
      connectTimeout = positive(timeout);
      return this;
    }

    /**
     * Bounds the time of the TLS handshake.
     *
     * @param timeout more than zero
     * @return this
     * @throws IllegalArgumentException if it is not
     */
    public Builder handshakeTimeout(Duration timeout) {
      handshakeTimeout = positive(timeout);
      return this;
    }

    /**
     * Bounds the time without a byte either way.
     *
     * @param timeout more than zero
     * @return this
     * @throws IllegalArgumentException if it is not
     */
    public Builder idleTimeout(Duration timeout) {
      idleTimeout = positive(timeout);
      return this;
    }

    /**
     * Gives the session settings, which it asks its context for.
     *
     * @param record any record
     * @return this
     */
    public Builder settings(Record record) {
      settings = Objects.requireNonNull(record);
      return this;
    }

    /**
     * A peer has named the target, as a redirect does. Nothing that the node keeps by target grows
     * by it: its figures are among those of {@code other}.
     *
     * @return this
     */
    public Builder ofForeignTarget() {
      foreignTarget = true;
      return this;
    }

    private static Duration positive(Duration timeout) {
      if (timeout.isNegative() || timeout.isZero()) {
        throw new IllegalArgumentException("a timeout of " + timeout);
      }
      return timeout;
    }

    /**
     * Ends the gathering.
     *
     * @return what was gathered
     */
    public OutboundOptions build() {
      return new OutboundOptions(this);
    }
  }
}
