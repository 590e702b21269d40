// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import java.io.PrintWriter;

/**
 * The commands' way to the node, so that they can be tried without one.
 *
 * <p>What either method throws ends the process with one line on standard error for each line of
 * the exception's message: status 2 for a {@code ConfigurationException}, its own for a {@link
 * CommandFailure}, 1 for anything else.
 */
public interface NodeLauncher {

  /**
   * Starts the node and waits for its end.
   *
   * @param options what to run
   * @param out standard output, for what an operator who started the node by hand wants to read
   * @return the status to exit with
   * @throws Exception if the node did not start, or failed
   */
  int run(RunOptions options, PrintWriter out) throws Exception;

  /**
   * Plans all that {@link #run} would do, binds and starts nothing, and prints what it found.
   *
   * @param options what would be run
   * @param out standard output, for the load report and a line for each interface
   * @return 0, or 2 if anything is wrong
   * @throws Exception if it could not be found out
   */
  int check(RunOptions options, PrintWriter out) throws Exception;
}
