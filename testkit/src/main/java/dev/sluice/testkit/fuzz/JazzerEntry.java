// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fuzz;

import org.jspecify.annotations.Nullable;

/** What Jazzer calls, in a process of its own, on one thread. */
public final class JazzerEntry {

  private static @Nullable FuzzTarget target;

  private JazzerEntry() {}

  /**
   * Makes the target.
   *
   * @param args its class
   * @throws ReflectiveOperationException if it has no constructor without arguments
   */
  public static void fuzzerInitialize(String[] args) throws ReflectiveOperationException {
    var constructor = Class.forName(args[0]).getDeclaredConstructor();
    constructor.setAccessible(true);
    target = (FuzzTarget) constructor.newInstance();
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
