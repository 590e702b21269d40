// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.io.IOException;

/** A server program that can be put under load. The first of a run is what others compare with. */
interface Contender {

  /** Starts it for one work, with fresh code and heap, and waits until it listens. */
  Server start(Work work, Bench bench) throws IOException, InterruptedException;
}
