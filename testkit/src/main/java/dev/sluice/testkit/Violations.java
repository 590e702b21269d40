// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit;

import java.util.ArrayList;
import java.util.List;

/** What a session did against the contract, in the order it was seen. Any thread. */
final class Violations {

  private final List<String> found = new ArrayList<>();
  private final List<Throwable> thrown = new ArrayList<>();

  synchronized void add(String violation) {
    found.add(violation);
  }

  synchronized void threw(String what, Throwable failure) {
    found.add(what + " threw " + failure);
    thrown.add(failure);
  }

  synchronized List<String> all() {
    return List.copyOf(found);
  }

  /** Fails with everything that was found; the stacks of what was thrown are attached. */
  static void check(List<String> violations, List<Throwable> thrown) {
    if (!violations.isEmpty()) {
      AssertionError error =
          new AssertionError("the contract was broken:\n  " + String.join("\n  ", violations));
      thrown.forEach(error::addSuppressed);
      throw error;
    }
  }

  synchronized List<Throwable> thrown() {
    return List.copyOf(thrown);
  }
}
