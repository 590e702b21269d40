// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class ToolTest {

  private static final String WRK =
      """
      Running 5s test @ http://127.0.0.1:40001/hello
        1 threads and 64 connections
        Thread Stats   Avg      Stdev     Max   +/- Stdev
          Latency   620.11us  301.02us   9.01ms   92.10%%
          Req/Sec   103.12k     4.01k  110.02k    80.00%%
        Latency Distribution
           50%%  580.00us
           75%%  640.00us
           90%%  810.00us
           99%%    1.80ms
        512345 requests in 5.10s, 61.10MB read
      %sRequests/sec: 100459.80
      Transfer/sec:     11.98MB
      """;

  private static final String H2LOAD =
      """
      starting benchmark...
      Warm-up phase is over for thread #0.

      finished in 5.00s, 240000.00 req/s, 12.00MB/s
      requests: 1200000 total, 1200512 started, 1200000 done, 1200000 succeeded, %d failed, 0 errored, 0 timeout
      status codes: 1200000 2xx, 0 3xx, 0 4xx, 0 5xx
      """;

  @Test
  void wrkCountsAndTellsThePercentile() throws IOException {
    Client.Seen seen = Tool.WRK.read(Work.WRK_HELLO, WRK.formatted(""));
    assertThat(seen.tally().operations()).isEqualTo(512_345);
    assertThat(seen.nanos()).isEqualTo(5_100_000_000L);
    assertThat(seen.slowMicros()).isEqualTo(1_800);
  }

  @Test
  void wholeDownloadsAreWhatIsCountedOfThem() throws IOException {
    Client.Seen seen = Tool.WRK.read(Work.WRK_HTTPS_DOWN, WRK.formatted(""));
    assertThat(Work.WRK_HTTPS_DOWN.units(seen.tally())).isEqualTo(512_345);
  }

  private static final String REDIS_BENCHMARK =
      """
      ====== SET ======
        100000 requests completed in 1.25 seconds
        64 parallel clients

      Latency by percentile distribution:
      50.000%% <= 0.391 milliseconds (cumulative count 50000)

      Summary:
        throughput summary: 80000.00 requests per second
        latency summary (msec):
                avg       min       p50       p95       p99       max
              0.412     0.080     0.391     0.647     1.015     4.103
      ====== GET ======
        100000 requests completed in 1.00 seconds

      Summary:
        throughput summary: 100000.00 requests per second
        latency summary (msec):
                avg       min       p50       p95       p99       max
              0.312     0.080     0.391     0.647     0.903     3.103
      %s""";

  @Test
  void redisBenchmarksKindsCountTogether() throws IOException {
    Client.Seen seen = Tool.REDIS_BENCHMARK.read(Work.REDIS, REDIS_BENCHMARK.formatted(""));
    assertThat(seen.tally().operations()).isEqualTo(200_000);
    assertThat(seen.nanos()).isEqualTo(2_250_000_000L);
    assertThat(seen.slowMicros()).isBetween(1_014.9, 1_015.1);
    assertThatThrownBy(
            () ->
                Tool.REDIS_BENCHMARK.read(
                    Work.REDIS, REDIS_BENCHMARK.formatted("Error from server: no")))
        .isInstanceOf(IOException.class);
    assertThat(Tool.REDIS_BENCHMARK.command(Work.REDIS, "http://127.0.0.1:40001", 2))
        .startsWith("redis-benchmark")
        .containsSequence("-p", "40001");
  }

  @Test
  void runWithErrorsIsNone() {
    assertThatThrownBy(
            () ->
                Tool.WRK.read(
                    Work.WRK_HELLO, WRK.formatted("  Non-2xx or 3xx responses: 512345\n")))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> Tool.H2LOAD.read(Work.H2LOAD_HELLO, H2LOAD.formatted(3)))
        .isInstanceOf(IOException.class);
  }

  @Test
  void h2loadCounts() throws IOException {
    Client.Seen seen = Tool.H2LOAD.read(Work.H2LOAD_HELLO, H2LOAD.formatted(0));
    assertThat(seen.tally().operations()).isEqualTo(1_200_000);
    assertThat(seen.nanos()).isEqualTo(5_000_000_000L);
    assertThat(seen.slowMicros()).isNaN();
  }
}
