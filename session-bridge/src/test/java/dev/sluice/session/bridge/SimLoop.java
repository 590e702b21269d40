// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

/** An event loop of a {@link Simulation}: runs one task when it is told to. */
final class SimLoop extends TestLoop {

  final SimThread thread;
  private final Simulation sim;

  SimLoop(Simulation sim, String name) {
    super(sim::now);
    this.sim = sim;
    this.thread = new SimThread(name);
  }

  /** False: there was nothing to run. */
  boolean runOne() {
    boolean[] ran = new boolean[1];
    sim.as(
        thread,
        () -> {
          Runnable task = nextTask();
          if (task != null) {
            ran[0] = true;
            task.run();
          }
        });
    return ran[0];
  }

  @Override
  public void execute(Runnable task) {
    super.execute(task);
    sim.interleave();
  }

  @Override
  public boolean inEventLoop(Thread unused) {
    return sim.current() == thread;
  }
}
