// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import dev.sluice.protocol.http.HttpProblem;
import java.io.Serial;

/** What arrived can't be taken. Without a stack: a client may cause as many as it likes. */
final class HttpRefusal extends Exception {

  @Serial private static final long serialVersionUID = 1;

  private final HttpProblem problem;

  HttpRefusal(HttpProblem problem) {
    super(problem.code(), null, false, false);
    this.problem = problem;
  }

  HttpProblem problem() {
    return problem;
  }
}
