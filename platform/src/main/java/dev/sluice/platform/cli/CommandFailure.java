// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import java.io.Serial;

/** Ends a command with a message for the operator and a status, and without a stack trace. */
public final class CommandFailure extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  private final int status;

  /**
   * A failure.
   *
   * @param status to exit with, see {@link ExitStatus}
   * @param message each of its lines is printed as one
   */
  public CommandFailure(int status, String message) {
    super(message);
    this.status = status;
  }

  /**
   * What the process ends with.
   *
   * @return not 0
   */
  public int status() {
    return status;
  }
}
