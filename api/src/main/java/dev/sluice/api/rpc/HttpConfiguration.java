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
                    + " likewise; longer ones are answered with status 431.",
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
        int maxPipelinedRequests) {

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
          16);

  /**
   * What holds where nothing is configured.
   *
   * @return the defaults of the configuration reference
   */
  public static HttpConfiguration defaults() {
    return DEFAULTS;
  }
}
