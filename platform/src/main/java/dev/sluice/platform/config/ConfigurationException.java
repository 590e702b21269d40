// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.config;

import java.io.Serial;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A configuration that can't be used. Its message is for the operator and needs no stack trace: one
 * line a problem.
 */
public final class ConfigurationException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  /** A file that is no configuration at all would otherwise fill the screen. */
  private static final int MOST_SHOWN = 50;

  private final transient List<Problem> problems;

  ConfigurationException(List<Problem> problems) {
    super(lines(problems));
    this.problems = List.copyOf(problems);
  }

  ConfigurationException(Problem problem) {
    this(List.of(problem));
  }

  private static String lines(List<Problem> problems) {
    String shown =
        problems.stream()
            .limit(MOST_SHOWN)
            .map(Problem::toString)
            .collect(Collectors.joining("\n"));
    int more = problems.size() - MOST_SHOWN;
    return more > 0 ? shown + "\nand " + more + " more" : shown;
  }

  /**
   * All that is wrong, in the order of the file.
   *
   * @return at least one
   */
  public List<Problem> problems() {
    return problems;
  }
}
