// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.rpc;

import dev.sluice.api.ByteSize;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Limits that an application, or one of its endpoints, has for its own requests in the place of the
 * interface's. What is not said here stays as the interface has it. Does not change; for any
 * thread.
 *
 * <pre>{@code
 * static final RequestLimits UPLOAD =
 *     RequestLimits.OF_INTERFACE.withMaxBodySize(new ByteSize(1L << 30));
 * static final RequestLimits CHAT = RequestLimits.endless(Duration.ofHours(1));
 * }</pre>
 */
public final class RequestLimits {

  /** As the interface has them. */
  public static final RequestLimits OF_INTERFACE = new RequestLimits(null, null, null, null, null);

  /** Longer than any node runs, and short enough to count in nanoseconds. */
  private static final Duration FOREVER = Duration.ofDays(36_500);

  private final @Nullable ByteSize maxBodySize;
  private final @Nullable ByteSize maxAggregatedBodySize;
  private final @Nullable ByteSize minBodyRate;
  private final @Nullable Duration requestTimeout;
  private final @Nullable Duration idleTimeout;

  private RequestLimits(
      @Nullable ByteSize maxBodySize,
      @Nullable ByteSize maxAggregatedBodySize,
      @Nullable ByteSize minBodyRate,
      @Nullable Duration requestTimeout,
      @Nullable Duration idleTimeout) {
    this.maxBodySize = maxBodySize;
    this.maxAggregatedBodySize = maxAggregatedBodySize;
    this.minBodyRate = minBodyRate;
    this.requestTimeout = requestTimeout;
    this.idleTimeout = idleTimeout;
  }

  /**
   * For streams that live until one end has enough: bodies of any length and at any rate, an answer
   * that begins whenever it does, and silence for as long as this.
   *
   * @param idleTimeout see {@link #withIdleTimeout}
   * @return limits for such requests
   */
  public static RequestLimits endless(Duration idleTimeout) {
    return OF_INTERFACE
        .withoutMaxBodySize()
        .withoutMinBodyRate()
        .withoutRequestTimeout()
        .withIdleTimeout(idleTimeout);
  }

  /**
   * With another limit of bodies, {@code max_body_size} of the interface. What a handler wants in
   * one piece is bound by {@link #withMaxAggregatedBodySize} too.
   *
   * @param size the longest body
   * @return a copy
   */
  public RequestLimits withMaxBodySize(ByteSize size) {
    return new RequestLimits(size, maxAggregatedBodySize, minBodyRate, requestTimeout, idleTimeout);
  }

  /**
   * With bodies of any length.
   *
   * @return a copy
   */
  public RequestLimits withoutMaxBodySize() {
    return withMaxBodySize(new ByteSize(Long.MAX_VALUE));
  }

  /**
   * With another limit of bodies that are wanted in one piece, {@code max_aggregated_body_size} of
   * the interface.
   *
   * @param size the longest, at most 1 GB; it has to fit into the node's {@code
   *     inbound_queue_limit}
   * @return a copy
   * @throws IllegalArgumentException for a larger one
   */
  public RequestLimits withMaxAggregatedBodySize(ByteSize size) {
    if (size.bytes() > 1 << 30) {
      throw new IllegalArgumentException("more than 1 GB is not gathered: " + size);
    }
    return new RequestLimits(maxBodySize, size, minBodyRate, requestTimeout, idleTimeout);
  }

  /**
   * With another least rate, {@code min_body_rate} of the interface, measured over its {@code
   * body_timeout}; on HTTP/2 a client takes its answer no more slowly either, measured over {@code
   * response_stall_timeout}.
   *
   * @param bytesPerSecond the least
   * @return a copy
   */
  public RequestLimits withMinBodyRate(ByteSize bytesPerSecond) {
    return new RequestLimits(
        maxBodySize, maxAggregatedBodySize, bytesPerSecond, requestTimeout, idleTimeout);
  }

  /**
   * With bodies that come, and answers that are taken, as slowly as they like.
   *
   * @return a copy
   */
  public RequestLimits withoutMinBodyRate() {
    return withMinBodyRate(new ByteSize(0));
  }

  /**
   * With another time from the end of a request to the begin of its answer, {@code request_timeout}
   * of the interface. For this long the connection may be silent, whatever its {@code
   * idle_timeout}.
   *
   * @param timeout the time; one of more than 100 years counts as that
   * @return a copy
   * @throws IllegalArgumentException if it is zero or negative
   */
  public RequestLimits withRequestTimeout(Duration timeout) {
    return new RequestLimits(
        maxBodySize, maxAggregatedBodySize, minBodyRate, bounded(timeout), idleTimeout);
  }

  /**
   * With an answer that begins whenever it does.
   *
   * @return a copy
   */
  public RequestLimits withoutRequestTimeout() {
    return withRequestTimeout(FOREVER);
  }

  /**
   * With a time for which neither the request nor its answer has to move. For this long the
   * connection may be silent, whatever its {@code idle_timeout}; then the request alone ends, on
   * HTTP/1.1 its connection with it. Without this the connection's {@code idle_timeout} decides,
   * for all that is under way on it. A peer that is gone without a word is not noticed before.
   *
   * @param timeout the time; one of more than 100 years counts as that
   * @return a copy
   * @throws IllegalArgumentException if it is zero or negative
   */
  public RequestLimits withIdleTimeout(Duration timeout) {
    return new RequestLimits(
        maxBodySize, maxAggregatedBodySize, minBodyRate, requestTimeout, bounded(timeout));
  }

  private static Duration bounded(Duration timeout) {
    if (timeout.isZero() || timeout.isNegative()) {
      throw new IllegalArgumentException("a time must be positive: " + timeout);
    }
    return timeout.compareTo(FOREVER) > 0 ? FOREVER : timeout;
  }

  /**
   * How long neither the request nor its answer has to move.
   *
   * @return empty where the interface decides
   */
  public Optional<Duration> idleTimeout() {
    return Optional.ofNullable(idleTimeout);
  }

  /**
   * How long a connection may be silent for such a request.
   *
   * @return zero where the interface decides
   */
  public Duration silence() {
    Duration idle = idleTimeout == null ? Duration.ZERO : idleTimeout;
    Duration answer = requestTimeout == null ? Duration.ZERO : requestTimeout;
    return idle.compareTo(answer) > 0 ? idle : answer;
  }

  /**
   * What holds for such a request on an interface.
   *
   * @param limits the interface's
   * @return the same where nothing else is said here
   */
  public HttpConfiguration within(HttpConfiguration limits) {
    return this == OF_INTERFACE
        ? limits
        : limits.withRequestLimits(
            maxBodySize == null ? limits.maxBodySize() : maxBodySize,
            maxAggregatedBodySize == null ? limits.maxAggregatedBodySize() : maxAggregatedBodySize,
            minBodyRate == null ? limits.minBodyRate() : minBodyRate,
            requestTimeout == null ? limits.requestTimeout() : requestTimeout);
  }
}
