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
    description =
        "Runs a node until SIGTERM, Ctrl-C or its operator's call, which end it in order.")
final class RunCommand implements Callable<Integer> {

  private final NodeLauncher launcher;
  @Mixin private NodeOptions options = new NodeOptions();
  @Mixin private LogOptions logging = new LogOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  RunCommand(NodeLauncher launcher) {
    this.launcher = launcher;
  }

  @Override
  public Integer call() throws Exception {
    logging.apply(System.getenv(), System.getProperties());
    return launcher.run(options.toRunOptions(), spec.commandLine().getOut());
  }
}
