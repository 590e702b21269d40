// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.ByteSize;
import dev.sluice.api.rpc.HttpConfiguration;
import java.time.Duration;

/** Limits that differ from the defaults in what a test says. */
final class Settings {

  private static final HttpConfiguration DEFAULTS = HttpConfiguration.defaults();

  long maxBody = DEFAULTS.maxBodySize().bytes();
  long maxAggregated = DEFAULTS.maxAggregatedBodySize().bytes();
  int maxHeader = DEFAULTS.maxHeaderSize().toIntSaturated();
  int maxCount = DEFAULTS.maxHeadersCount();
  int maxTarget = DEFAULTS.maxTargetLength().toIntSaturated();
  Duration headerTimeout = DEFAULTS.headerTimeout();
  Duration bodyTimeout = DEFAULTS.bodyTimeout();
  Duration requestTimeout = DEFAULTS.requestTimeout();
  int maxPipelined = DEFAULTS.maxPipelinedRequests();

  HttpConfiguration build() {
    return new HttpConfiguration(
        new ByteSize(maxBody),
        new ByteSize(maxAggregated),
        new ByteSize(maxHeader),
        maxCount,
        new ByteSize(maxTarget),
        headerTimeout,
        bodyTimeout,
        DEFAULTS.minBodyRate(),
        requestTimeout,
        maxPipelined);
  }

  HttpNode.Options options() {
    HttpNode.Options options = new HttpNode.Options();
    options.http = build();
    return options;
  }
}
