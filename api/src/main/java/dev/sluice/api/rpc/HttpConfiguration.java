// SPDX-License-Identifier: Apache-2.0
package dev.sluice.api.rpc;

import dev.sluice.api.ByteSize;
import dev.sluice.api.Setting;
import java.time.Duration;

/**
 * What an interface takes from HTTP clients, whatever the version: {@code http_configuration} of an
 * interface.
 *
 * @param maxBodySize of a request
 * @param maxAggregatedBodySize of a request whose body a handler wants in one piece
 * @param maxHeaderSize of all header fields of a request
 * @param maxHeadersCount of a request
 * @param maxTargetLength of a request
 * @param headerTimeout from the first byte of a request's head to its last
 * @param bodyTimeout the time over which {@code minBodyRate} is measured
 * @param minBodyRate bytes a second
 * @param requestTimeout from the end of a request to the begin of its answer
 * @param maxPipelinedRequests at work at once on an HTTP/1.1 connection
 * @param maxConcurrentStreamsCount requests at work at once on an HTTP/2 connection
 * @param initialWindowSize bytes of a body that an HTTP/2 client may send ahead
 * @param maxFrameSize of HTTP/2
 * @param maxStreamResets in {@code streamResetWindow}
 * @param streamResetWindow the time over which resets are counted
 * @param maxControlFrames that carry nothing, saved up
 * @param responseStallTimeout that an HTTP/2 client may keep an answer waiting for its window
 * @param maxWaitingAnswers bytes of a connection's answers that may wait, for windows of HTTP/2 or
 *     for the answers before them
 * @param httpsOverPlaintext whether a proxy ends TLS before the interface
 */
public record HttpConfiguration(
    @Setting(
            description =
                "The longest body that a request may have; a longer one is answered with status 413,"
                    + " before it is read where its length was declared.",
            defaultValue = "1MB",
            min = "0B")
        ByteSize maxBodySize,
    @Setting(
            description =
                "The longest body that is gathered in memory, for a handler that wants it in one"
                    + " piece. Handlers that take a body part by part are bound by `max_body_size`"
                    + " alone.",
            defaultValue = "1MB",
            min = "0B",
            max = "1GB")
        ByteSize maxAggregatedBodySize,
    @Setting(
            description =
                "The longest that all header fields of a request may be together, its trailers"
                    + " likewise; longer ones are answered with status 431. On HTTP/2 each counts"
                    + " 32 bytes more (RFC 9113, section 6.5.2).",
            defaultValue = "16KB",
            min = "256B",
            max = "1MB")
        ByteSize maxHeaderSize,
    @Setting(
            description =
                "How many header fields a request may have, and how many trailers; more are"
                    + " answered with status 431.",
            defaultValue = "256",
            min = "1",
            max = "10000")
        int maxHeadersCount,
    @Setting(
            description =
                "The longest request target, path and query together; a longer one is answered with"
                    + " status 414.",
            defaultValue = "8KB",
            min = "64B",
            max = "1MB")
        ByteSize maxTargetLength,
    @Setting(
            description =
                "How long the head of a request may take from its first byte to its last; then"
                    + " status 408 is sent and the connection closed.",
            defaultValue = "10s",
            min = "100ms")
        Duration headerTimeout,
    @Setting(
            description =
                "How long a body may arrive more slowly than `min_body_rate`; then status 408 is"
                    + " sent and the connection closed. Time in which the handler held the client"
                    + " back does not count.",
            defaultValue = "20s",
            min = "100ms")
        Duration bodyTimeout,
    @Setting(
            description =
                "The bytes a second that a body must bring, measured over `body_timeout`.",
            defaultValue = "240B",
            min = "1B")
        ByteSize minBodyRate,
    @Setting(
            description =
                "How long a handler has from the end of a request to the begin of its answer; then"
                    + " status 503 is sent in its place. Beyond the node's `request_timeout` an"
                    + " idle connection may be closed before that.",
            defaultValue = "60s",
            min = "100ms")
        Duration requestTimeout,
    @Setting(
            description =
                "How many requests of an HTTP/1.1 connection may be at work at once where a client"
                    + " sends the next before the last is answered. Further ones are not read.",
            defaultValue = "16",
            min = "1",
            max = "1000")
        int maxPipelinedRequests,
    @Setting(
            description =
                "How many requests of an HTTP/2 connection may be at work at once"
                    + " (SETTINGS_MAX_CONCURRENT_STREAMS, RFC 9113, section 5.1.2); further ones"
                    + " are refused, and may be tried again.",
            defaultValue = "100",
            min = "1",
            max = "10000")
        int maxConcurrentStreamsCount,
    @Setting(
            description =
                "How much of a request's body an HTTP/2 client may send before the handler has"
                    + " taken it (RFC 9113, section 5.2). Every request begins with a part of it"
                    + " (SETTINGS_INITIAL_WINDOW_SIZE): as much as lets all requests of its"
                    + " connection together have an eighth of the room that `inbound_queue_limit`"
                    + " has when the connection begins, 1 KB to 64 KB. It gets the rest once it has"
                    + " sent 8 KB, while windows take no more than a quarter of that limit.",
            defaultValue = "256KB",
            min = "1KB",
            max = "16MB")
        ByteSize initialWindowSize,
    @Setting(
            description =
                "The longest HTTP/2 frame that is taken (SETTINGS_MAX_FRAME_SIZE, RFC 9113,"
                    + " section 4.2).",
            defaultValue = "16KB",
            min = "16KB",
            max = "1MB")
        ByteSize maxFrameSize,
    @Setting(
            description =
                "How many requests of an HTTP/2 connection may be reset within"
                    + " `stream_reset_window`, by the client (rapid reset, CVE-2023-44487) or by"
                    + " errors that it provokes (MadeYouReset, CVE-2025-8671), each counted for"
                    + " itself; then the connection is closed.",
            defaultValue = "200",
            min = "1")
        int maxStreamResets,
    @Setting(
            description = "The time over which `max_stream_resets` counts.",
            defaultValue = "30s",
            min = "1s",
            max = "1h")
        Duration streamResetWindow,
    @Setting(
            description =
                "How many HTTP/2 frames that carry nothing a client may send in a row: SETTINGS,"
                    + " PING (CVE-2019-9512, CVE-2019-9515), PRIORITY, empty DATA (CVE-2019-9518),"
                    + " WINDOW_UPDATE beyond what the client was sent, and unknown ones. What it sends"
                    + " and is sent beside them, and time, a tenth a second, give it more; beyond"
                    + " the connection is closed. As many may wait for a client that does not read"
                    + " what answers them.",
            defaultValue = "1000",
            min = "10",
            max = "1000000")
        int maxControlFrames,
    @Setting(
            description =
                "How long an HTTP/2 client may take less than `min_body_rate` of an answer because"
                    + " it opens no window for it; then the request is reset.",
            defaultValue = "30s",
            min = "100ms")
        Duration responseStallTimeout,
    @Setting(
            description =
                "How much of its answers a connection may keep waiting: for its client's windows"
                    + " on HTTP/2, where an answer that finds more waiting is reset; for the"
                    + " answers before them on HTTP/1.1, which then ends behind the last that is"
                    + " whole. What waits on all connections may be half of the node's"
                    + " `outbound_queue_limit`.",
            defaultValue = "32MB",
            min = "64KB",
            max = "1GB")
        ByteSize maxWaitingAnswers,
    @Setting(
            description =
                "Whether requests for `https` are taken on an interface without TLS, which a proxy"
                    + " before it ends; without that they are answered with status 421 (RFC 9110,"
                    + " section 7.4).",
            defaultValue = "false")
        boolean httpsOverPlaintext) {

  private static final HttpConfiguration DEFAULTS =
      new HttpConfiguration(
          new ByteSize(1 << 20),
          new ByteSize(1 << 20),
          new ByteSize(16 << 10),
          256,
          new ByteSize(8 << 10),
          Duration.ofSeconds(10),
          Duration.ofSeconds(20),
          new ByteSize(240),
          Duration.ofSeconds(60),
          16,
          100,
          new ByteSize(256 << 10),
          new ByteSize(16 << 10),
          200,
          Duration.ofSeconds(30),
          1000,
          Duration.ofSeconds(30),
          new ByteSize(32 << 20),
          false);

  /**
   * What holds where nothing is configured.
   *
   * @return the defaults of the configuration reference
   */
  public static HttpConfiguration defaults() {
    return DEFAULTS;
  }

  /**
   * The same with another limit of bodies.
   *
   * @param size {@link #maxBodySize}
   * @return a copy
   */
  public HttpConfiguration withMaxBodySize(ByteSize size) {
    return withRequestLimits(size, maxAggregatedBodySize, minBodyRate, requestTimeout);
  }

  /** The same with what a request may have of its own. */
  HttpConfiguration withRequestLimits(
      ByteSize bodySize, ByteSize aggregatedBodySize, ByteSize bodyRate, Duration timeout) {
    return new HttpConfiguration(
        bodySize,
        aggregatedBodySize,
        maxHeaderSize,
        maxHeadersCount,
        maxTargetLength,
        headerTimeout,
        bodyTimeout,
        bodyRate,
        timeout,
        maxPipelinedRequests,
        maxConcurrentStreamsCount,
        initialWindowSize,
        maxFrameSize,
        maxStreamResets,
        streamResetWindow,
        maxControlFrames,
        responseStallTimeout,
        maxWaitingAnswers,
        httpsOverPlaintext);
  }
}
