// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.api.ByteSize;
import dev.sluice.api.rpc.HttpConfiguration;
import java.time.Duration;

/** Limits that differ from the defaults in what a test says. */
public final class Settings {

  private static final HttpConfiguration DEFAULTS = HttpConfiguration.defaults();

  public long maxBody = DEFAULTS.maxBodySize().bytes();
  public long maxAggregated = DEFAULTS.maxAggregatedBodySize().bytes();
  public int maxHeader = DEFAULTS.maxHeaderSize().toIntSaturated();
  public int maxCount = DEFAULTS.maxHeadersCount();
  public int maxTarget = DEFAULTS.maxTargetLength().toIntSaturated();
  public Duration headerTimeout = DEFAULTS.headerTimeout();
  public Duration bodyTimeout = DEFAULTS.bodyTimeout();
  public Duration requestTimeout = DEFAULTS.requestTimeout();
  public int maxPipelined = DEFAULTS.maxPipelinedRequests();
  public int maxStreams = DEFAULTS.maxConcurrentStreamsCount();
  public int window = DEFAULTS.initialWindowSize().toIntSaturated();
  public int maxFrame = DEFAULTS.maxFrameSize().toIntSaturated();
  public int maxResets = DEFAULTS.maxStreamResets();
  public Duration resetWindow = DEFAULTS.streamResetWindow();
  public int maxControlFrames = DEFAULTS.maxControlFrames();
  public Duration stallTimeout = DEFAULTS.responseStallTimeout();
  public long maxWaiting = DEFAULTS.maxWaitingAnswers().bytes();
  public boolean httpsOverPlaintext = DEFAULTS.httpsOverPlaintext();
  public long minBodyRate = DEFAULTS.minBodyRate().bytes();

  public HttpConfiguration build() {
    return new HttpConfiguration(
        new ByteSize(maxBody),
        new ByteSize(maxAggregated),
        new ByteSize(maxHeader),
        maxCount,
        new ByteSize(maxTarget),
        headerTimeout,
        bodyTimeout,
        new ByteSize(minBodyRate),
        requestTimeout,
        maxPipelined,
        maxStreams,
        new ByteSize(window),
        new ByteSize(maxFrame),
        maxResets,
        resetWindow,
        maxControlFrames,
        stallTimeout,
        new ByteSize(maxWaiting),
        httpsOverPlaintext);
  }

  public HttpNode.Options options() {
    HttpNode.Options options = new HttpNode.Options();
    options.http = build();
    return options;
  }
}
