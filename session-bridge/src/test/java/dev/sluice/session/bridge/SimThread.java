// SPDX-License-Identifier: Apache-2.0
package dev.sluice.session.bridge;

/** One of the threads that a {@link Simulation} plays; they all are the thread that runs it. */
final class SimThread {

  final String name;

  /** It is in the middle of something, while another one has its turn. */
  boolean busy;

  SimThread(String name) {
    this.name = name;
  }

  @Override
  public String toString() {
    return name;
  }
}
