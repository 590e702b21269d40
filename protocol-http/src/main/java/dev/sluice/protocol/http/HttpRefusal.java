// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http;

import java.io.Serial;

/** What arrived can't be taken. Without a stack: a client may cause as many as it likes. */
public final class HttpRefusal extends Exception {

  @Serial private static final long serialVersionUID = 1;

  /** What is answered. */
  private final HttpProblem problem;

  /**
   * A refusal.
   *
   * @param problem what it is answered with
   */
  public HttpRefusal(HttpProblem problem) {
    super(problem.code(), null, false, false);
    this.problem = problem;
  }

  /**
   * What it is answered with.
   *
   * @return its status is from 400 on
   */
  public HttpProblem problem() {
    return problem;
  }
}
