// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice run}. */
@Command(
    name = "run",
    description = "Runs a node until SIGTERM or Ctrl-C, which close its connections in order.")
final class RunCommand implements Callable<Integer> {

  private final NodeLauncher launcher;
  @Mixin private NodeOptions options = new NodeOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  RunCommand(NodeLauncher launcher) {
    this.launcher = launcher;
  }

  @Override
  public Integer call() throws Exception {
    return launcher.run(options.toRunOptions(), spec.commandLine().getOut());
  }
}
