// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The other end of {@link LoadClient}'s orders, and the stop-watch on the server meanwhile. */
final class LoadDriver implements AutoCloseable {

  /** What a server may still have to clean up when the client has seen all its answers. */
  private static final long SETTLE_MILLIS = 100;

  private static final long STOP_SECONDS = 10;

  private final Work work;
  private final Bench bench;
  private final Process process;
  private final Writer orders;
  private final BufferedReader answers;

  private LoadDriver(Work work, Bench bench, Process process) {
    this.work = work;
    this.bench = bench;
    this.process = process;
    this.orders = process.outputWriter();
    this.answers = process.inputReader();
  }

  static LoadDriver start(Work work, Bench bench, List<String> more) throws IOException {
    List<String> options = new ArrayList<>(work.clientOptions());
    options.addAll(more);
    return new LoadDriver(
        work, bench, bench.startClient("client", Bench.program(LoadClient.class, options)));
  }

  Round round(Server server, double seconds) throws IOException, InterruptedException {
    final long before = server.cpuMicros();
    final long coreBefore = bench.coreBusyMicros();
    orders.write("round " + server.port() + " " + seconds + "\n");
    orders.flush();
    String answer = answers.readLine();
    if (answer == null) {
      throw new IOException("the client failed against " + server.name() + ", see client.log");
    }
    String[] words = answer.split(" ", -1);
    Thread.sleep(SETTLE_MILLIS);
    long cpuMicros = server.cpuMicros() - before;
    long othersMicros = Math.max(0, bench.coreBusyMicros() - coreBefore - cpuMicros);
    Tally tally =
        new Tally(Long.parseLong(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]));
    return new Round(
        work.units(tally), tally.lost(), cpuMicros, othersMicros, Long.parseLong(words[4]));
  }

  @Override
  public void close() throws IOException {
    orders.close();
    try {
      if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
