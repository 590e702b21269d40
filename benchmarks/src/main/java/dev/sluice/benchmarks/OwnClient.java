// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The other end of {@link LoadClient}'s orders. */
final class OwnClient implements Client {

  private static final long STOP_SECONDS = 10;

  private final Process process;
  private final Writer orders;
  private final BufferedReader answers;

  private OwnClient(Process process) {
    this.process = process;
    this.orders = process.outputWriter();
    this.answers = process.inputReader();
  }

  static OwnClient start(Work work, Bench bench, List<String> more) throws IOException {
    List<String> options = new ArrayList<>(work.clientOptions());
    options.addAll(more);
    return new OwnClient(bench.startClient("client", Bench.program(LoadClient.class, options)));
  }

  @Override
  public Seen load(Server server, double seconds) throws IOException {
    orders.write("round " + server.port() + " " + seconds + "\n");
    orders.flush();
    String answer = answers.readLine();
    if (answer == null) {
      throw new IOException("the client failed against " + server.name() + ", see client.log");
    }
    String[] words = answer.split(" ", -1);
    Tally tally =
        new Tally(Long.parseLong(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]));
    return new Seen(tally, Long.parseLong(words[4]), Double.NaN);
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
