// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.io.IOException;

/** What loads a server for a round, and knows what came back of it. */
interface Client extends AutoCloseable {

  /**
   * What a client saw of a round.
   *
   * @param tally what was done
   * @param nanos how long it took
   * @param slowMicros what 99 of 100 operations took at most; {@link Double#NaN} where it is not
   *     measured
   */
  record Seen(Tally tally, long nanos, double slowMicros) {}

  /** Loads a server; fails at the first error, since a benchmark with errors has no result. */
  Seen load(Server server, double seconds) throws IOException, InterruptedException;

  @Override
  void close() throws IOException;
}
