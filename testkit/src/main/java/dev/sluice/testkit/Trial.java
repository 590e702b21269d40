// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

/** One run of a script, ended and looked at whatever came of it. */
final class Trial {

  private Trial() {}

  /**
   * What fails is said with the trial's name.
   *
   * @param body talks as the clients do
   * @param close ends all connections, and looks at what the sessions have done
   */
  static void run(String what, Runnable body, Runnable close) {
    Throwable failure = null;
    try {
      body.run();
    } catch (Throwable thrown) {
      failure = thrown;
    }
    try {
      close.run();
    } catch (AssertionError broken) {
      // A broken contract says more than the wrong answer that it led to.
      if (failure != null) {
        broken.addSuppressed(failure);
      }
      failure = broken;
    }
    if (failure != null) {
      throw new AssertionError(what + ": " + failure.getMessage(), failure);
    }
  }
}
