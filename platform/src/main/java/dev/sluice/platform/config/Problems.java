// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Collects what is wrong, so that an operator sees all of it at once. Used by one thread.
 *
 * <p>Callers that check more than the configuration can (does that protocol exist?) add theirs and
 * then call {@link #throwIfAny()}.
 */
public final class Problems {

  private final List<Problem> found = new ArrayList<>();

  /** None so far. */
  public Problems() {}

  /**
   * Adds one.
   *
   * @param problem what is wrong
   */
  public void add(Problem problem) {
    found.add(problem);
  }

  /**
   * Whether there is none.
   *
   * @return {@code true} if nothing was added
   */
  public boolean isEmpty() {
    return found.isEmpty();
  }

  /**
   * How many there are so far.
   *
   * @return 0 or more
   */
  public int size() {
    return found.size();
  }

  /**
   * Those so far, in the order of the file.
   *
   * @return a copy
   */
  public List<Problem> sorted() {
    return found.stream()
        .distinct()
        .sorted(
            Comparator.comparingInt((Problem p) -> p.mark().line())
                .thenComparingInt(p -> p.mark().column()))
        .toList();
  }

  /**
   * Ends the loading if anything is wrong.
   *
   * @throws ConfigurationException with all of them
   */
  public void throwIfAny() {
    if (!found.isEmpty()) {
      throw new ConfigurationException(sorted());
    }
  }
}
