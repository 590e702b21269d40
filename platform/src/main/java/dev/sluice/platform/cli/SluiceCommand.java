// SPDX-License-Identifier: Apache-2.0
package dev.sluice.platform.cli;

import dev.sluice.platform.Version;
import dev.sluice.platform.config.ConfigurationException;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line. Answers go to standard output; errors go to standard error, one line each, with
 * a stack trace only if asked for; the status is one of {@link ExitStatus}.
 */
@Command(
    name = "sluice",
    description = "A connection platform: protocols are jars, sockets and TLS are its own.",
    synopsisSubcommandLabel = "COMMAND",
    versionProvider = SluiceCommand.VersionText.class,
    footer = {
      "",
      "Exit status: 0 all went well, 2 the configuration or the command line is wrong, 1 any other"
          + " failure."
    })
// picocli writes to what is not private here, and the compiler would call it unused if it were.
public final class SluiceCommand implements Callable<Integer> {

  private static final String DEBUG = "sluice.debug";

  private boolean debug = Boolean.getBoolean(DEBUG);

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      scope = ScopeType.INHERIT,
      description = "Shows what can be typed.")
  boolean help;

  @Option(
      names = {"-V", "--version"},
      versionHelp = true,
      description = "Shows the version.")
  boolean version;

  @Spec private CommandSpec spec = CommandSpec.create();

  private SluiceCommand() {}

  /**
   * The entry point.
   *
   * @param args what was typed
   */
  public static void main(String[] args) {
    // Named, and not where Logback looks by itself: a program that runs a node has a log of its
    // own.
    System.getProperties()
        .putIfAbsent("logback.configurationFile", "dev/sluice/platform/cli/logback.xml");
    PrintWriter out = new PrintWriter(System.out, true, Charset.defaultCharset());
    PrintWriter err = new PrintWriter(System.err, true, Charset.defaultCharset());
    System.exit(execute(launcher(), out, err, args));
  }

  /** Here the commands meet the node. */
  private static NodeLauncher launcher() {
    return new NodeRunner();
  }

  /**
   * Runs a command.
   *
   * @param launcher what {@code run} and {@code check} use
   * @param out standard output
   * @param err standard error
   * @param args what was typed
   * @return the status to exit with
   */
  public static int execute(
      NodeLauncher launcher, PrintWriter out, PrintWriter err, String... args) {
    SluiceCommand top = new SluiceCommand();
    CommandLine line =
        new CommandLine(top)
            .addSubcommand(new RunCommand(launcher))
            .addSubcommand(new CheckCommand(launcher))
            .addSubcommand(new ProtocolsCommand())
            .addSubcommand(new CertCommand())
            .addSubcommand(new CapturesCommand())
            .addSubcommand(new ReplayCommand())
            .setOut(out)
            .setErr(err)
            // A value that begins with @ is a value, and no file with further arguments.
            .setExpandAtFiles(false)
            .setParameterExceptionHandler((e, typed) -> wrong(e))
            .setExecutionExceptionHandler((e, command, typed) -> top.failed(e, err));
    try {
      return line.execute(args);
    } catch (Throwable e) {
      // A native library that does not load, say: an Error that picocli lets through.
      return top.failed(e, err);
    } finally {
      out.flush();
      err.flush();
    }
  }

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Logs more, and shows where an error comes from.")
  void setDebug(boolean wanted) {
    debug = debug || wanted;
    if (wanted && System.getProperty(LogOptions.LEVEL_PROPERTY) == null) {
      System.setProperty(LogOptions.LEVEL_PROPERTY, "DEBUG");
    }
  }

  /** Nothing but {@code sluice}. */
  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return ExitStatus.CONFIGURATION;
  }

  private static int wrong(ParameterException e) {
    CommandLine command = e.getCommandLine();
    StringBuilder said = new StringBuilder(FailureText.of(e).strip());
    if (e instanceof UnmatchedArgumentException unmatched
        && !unmatched.getSuggestions().isEmpty()) {
      said.append("; did you mean ").append(String.join(" or ", unmatched.getSuggestions()));
    }
    said.append("; see ").append(command.getCommandSpec().qualifiedName()).append(" --help");
    FailureText.print(command.getErr(), said.toString());
    return ExitStatus.CONFIGURATION;
  }

  private int failed(Throwable e, PrintWriter err) {
    FailureText.print(err, FailureText.of(e));
    if (debug) {
      e.printStackTrace(err);
    }
    if (e instanceof CommandFailure failure) {
      return failure.status();
    }
    return e instanceof ConfigurationException ? ExitStatus.CONFIGURATION : ExitStatus.FAILURE;
  }

  /** What {@code --version} says. */
  static final class VersionText implements IVersionProvider {

    @Override
    public String[] getVersion() {
      return new String[] {"sluice " + Version.CURRENT};
    }
  }
}
