// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code sluice captures}. */
@Command(
    name = "captures",
    description = "Reads what a node has recorded of its sessions.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = CapturesShowCommand.class)
final class CapturesCommand implements Callable<Integer> {

  @Spec private CommandSpec spec = CommandSpec.create();

  /** Nothing but {@code sluice captures}. */
  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return ExitStatus.CONFIGURATION;
  }
}
