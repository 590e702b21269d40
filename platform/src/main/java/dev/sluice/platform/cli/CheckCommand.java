// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice check}. */
@Command(
    name = "check",
    description =
        "Says what is wrong with a configuration, its plug-ins and certificates. Starts nothing.")
final class CheckCommand implements Callable<Integer> {

  private final NodeLauncher launcher;
  @Mixin private NodeOptions options = new NodeOptions();
  @Spec private CommandSpec spec = CommandSpec.create();

  CheckCommand(NodeLauncher launcher) {
    this.launcher = launcher;
  }

  @Override
  public Integer call() throws Exception {
    return launcher.check(options.toRunOptions(), spec.commandLine().getOut());
  }
}
