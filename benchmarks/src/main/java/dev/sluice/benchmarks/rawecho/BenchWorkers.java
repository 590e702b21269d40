// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks.rawecho;

import dev.sluice.api.Execution;
import dev.sluice.protocol.http.EndpointHandler;
import dev.sluice.protocol.http.Endpoints;

/** The application {@code bench-workers}: the cheapest answer, but from the pool of workers. */
public final class BenchWorkers extends EndpointHandler {

  /** For the service loader. */
  public BenchWorkers() {
    super("bench-workers", "/workers");
  }

  @Override
  public Execution execution() {
    return Execution.WORKERS;
  }

  @Override
  protected void endpoints(Endpoints to) {
    to.get("/workers", BenchApplication::hello);
  }
}
