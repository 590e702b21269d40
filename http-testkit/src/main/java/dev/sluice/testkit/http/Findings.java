// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.http;

import java.util.ArrayList;
import java.util.List;

/** What an application did wrong, and the requests that it still owes an answer. Any thread. */
final class Findings {

  private final List<String> found = new ArrayList<>();
  private final List<Throwable> thrown = new ArrayList<>();
  private final List<ObservedRequest> open = new ArrayList<>();

  synchronized void add(String what) {
    found.add(what);
  }

  synchronized void threw(Throwable failure) {
    thrown.add(failure);
  }

  synchronized void begun(ObservedRequest request) {
    open.removeIf(ObservedRequest::settled);
    open.add(request);
  }

  synchronized List<Throwable> thrown() {
    return List.copyOf(thrown);
  }

  /** Of requests whose clients still wait for them. */
  synchronized List<String> owed() {
    return open.stream().filter(request -> !request.settled()).map(ObservedRequest::owes).toList();
  }

  /**
   * All of it.
   *
   * @param failuresExpected what was thrown is as it should be
   * @throws AssertionError if there is any
   */
  synchronized void check(List<String> owed, boolean failuresExpected) {
    List<String> all = new ArrayList<>(found);
    all.addAll(owed);
    List<Throwable> causes = failuresExpected ? List.of() : thrown;
    causes.forEach(failure -> all.add("the application threw " + failure));
    if (!all.isEmpty()) {
      AssertionError broken =
          new AssertionError("the application broke its contract:\n  " + String.join("\n  ", all));
      causes.forEach(broken::addSuppressed);
      throw broken;
    }
  }
}
