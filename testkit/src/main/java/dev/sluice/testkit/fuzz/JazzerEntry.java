// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fuzz;

import org.jspecify.annotations.Nullable;

/** What Jazzer calls, in a process of its own, on one thread. */
public final class JazzerEntry {

  private static @Nullable FuzzTarget target;

  private JazzerEntry() {}

  /**
   * Makes the target, and gives it the kept inputs.
   *
   * @param args its class
   * @throws Exception if it has no constructor without arguments, or a kept input breaks it
   */
  public static void fuzzerInitialize(String[] args) throws Exception {
    var constructor = Class.forName(args[0]).getDeclaredConstructor();
    constructor.setAccessible(true);
    FuzzTarget made = (FuzzTarget) constructor.newInstance();
    made.warmUp();
    target = made;
  }

  /**
   * Gives it an input.
   *
   * @param input any bytes
   * @throws Exception where a property does not hold
   */
  public static void fuzzerTestOneInput(byte[] input) throws Exception {
    FuzzTarget to = target;
    if (to == null) {
      throw new IllegalStateException("no target");
    }
    to.hold(input);
  }
}
