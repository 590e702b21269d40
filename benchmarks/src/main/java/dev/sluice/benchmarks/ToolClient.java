// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * A round by a client that is not ours, with connections of its own each time: their handshakes are
 * in the cost, the same to all.
 */
record ToolClient(Tool tool, Work work, Bench bench) implements Client {

  @Override
  public Seen load(Server server, double seconds) throws IOException, InterruptedException {
    String url = (work.secure() ? "https" : "http") + "://127.0.0.1:" + server.port() + work.path();
    Process process =
        bench.startClient(
            tool.program(), tool.command(work, url, Math.max(1, Math.round(seconds))));
    String report = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(
          tool.program() + " failed against " + server.name() + ", see its log:\n" + report);
    }
    return tool.read(work, report);
  }

  @Override
  public void close() {}
}
