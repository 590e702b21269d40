// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.io.IOException;
import java.util.List;

/** A client, and the stop-watch on the server that it loads. */
final class LoadDriver implements AutoCloseable {

  /** What a server may still have to clean up when the client has seen all its answers. */
  private static final long SETTLE_MILLIS = 100;

  private final Work work;
  private final Bench bench;
  private final Client client;

  private LoadDriver(Work work, Bench bench, Client client) {
    this.work = work;
    this.bench = bench;
    this.client = client;
  }

  static LoadDriver start(Work work, Bench bench, List<String> more) throws IOException {
    Tool tool = work.tool();
    return new LoadDriver(
        work,
        bench,
        tool == null ? OwnClient.start(work, bench, more) : new ToolClient(tool, work, bench));
  }

  Round round(Server server, double seconds) throws IOException, InterruptedException {
    HeapUse.Snapshot heap = server.heapUse();
    final long before = server.cpuMicros();
    final long coreBefore = bench.coreBusyMicros();
    Client.Seen seen = client.load(server, seconds);
    Thread.sleep(SETTLE_MILLIS);
    long cpuMicros = server.cpuMicros() - before;
    long othersMicros = Math.max(0, bench.coreBusyMicros() - coreBefore - cpuMicros);
    return new Round(
        work.units(seen.tally()),
        seen.tally().lost(),
        cpuMicros,
        othersMicros,
        seen.nanos(),
        seen.slowMicros(),
        server.heapUse().since(heap));
  }

  @Override
  public void close() throws IOException {
    client.close();
  }
}
