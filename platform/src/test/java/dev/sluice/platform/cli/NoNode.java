// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import java.io.PrintWriter;

/** For commands that must do without a node. */
final class NoNode implements NodeLauncher {

  @Override
  public int run(RunOptions options, PrintWriter out) {
    throw new AssertionError("a node was asked to run");
  }

  @Override
  public int check(RunOptions options, PrintWriter out) {
    throw new AssertionError("a node was asked to check");
  }
}
