// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.List;

/** The echo that stands behind a relay, on the client's core: it is not what is measured. */
final class EchoBehind {

  private static final String PORT = "port ";

  private EchoBehind() {}

  /** Starts it. It ends with the run. */
  static int start(String relay, Work work, Bench bench) throws IOException {
    if (!work.relayed()) {
      throw new IOException(relay + " passes on plain bytes, and " + work.label() + " is not that");
    }
    Process process =
        bench.startClient(relay + "-echo", Bench.program(NettyEchoServer.class, List.of()));
    BufferedReader output = process.inputReader();
    String line = output.readLine();
    if (line == null || !line.startsWith(PORT)) {
      Bench.kill(process);
      throw new IOException("the echo behind " + relay + " did not start; it said: " + line);
    }
    return Integer.parseInt(line.substring(PORT.length()));
  }
}
