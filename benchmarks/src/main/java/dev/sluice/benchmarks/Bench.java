// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What all processes of one run share: directory, certificate, JVM options, cores. Every process is
 * started here, so that all servers have the same JVM, heap, core and number of event loops, and so
 * that none outlives the run.
 */
final class Bench {

  /** JDK 24 and later warn about what Netty does unless told; JDK 17 dies on unknown options. */
  private static final int FIRST_JDK_THAT_WARNS = 24;

  /** The collector is the one that the node's start script asks for. */
  private static final String HEAP = "-Xms512m -Xmx512m -XX:+UseG1GC";

  private final Path directory;
  private final Certificate certificate;
  private final String extraOptions;
  private final String serverCore;
  private final List<String> serverPin;
  private final List<String> clientPin;

  private Bench(
      Path directory,
      Certificate certificate,
      String extraOptions,
      String serverCore,
      String clientCore) {
    this.directory = directory;
    this.certificate = certificate;
    this.extraOptions = extraOptions;
    this.serverCore = serverCore;
    this.serverPin = pin(serverCore);
    this.clientPin = pin(clientCore);
  }

  static Bench create(Path directory, String extraOptions, String serverCore, String clientCore)
      throws IOException {
    Files.createDirectories(directory);
    return new Bench(
        directory.toAbsolutePath(),
        Certificate.create(directory.toAbsolutePath()),
        extraOptions,
        serverCore,
        clientCore);
  }

  Path directory() {
    return directory;
  }

  Certificate certificate() {
    return certificate;
  }

  /** How long the servers' core was busy so far with anything; 0 where servers have no core. */
  long coreBusyMicros() throws IOException {
    return pinned() ? ProcFs.coreBusyMicros(serverCore) : 0;
  }

  boolean pinned() {
    return !serverPin.isEmpty() && !clientPin.isEmpty();
  }

  /**
   * The options of every server's JVM; for idle connections with a heap resident from the start.
   */
  String serverOptions(Work work) {
    return options() + (work == Work.IDLE ? " -XX:+AlwaysPreTouch" : "");
  }

  /** The options that all JVMs of a run have in common. */
  String options() {
    String byVersion =
        Runtime.version().feature() >= FIRST_JDK_THAT_WARNS
            ? " --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow"
            : "";
    return (HEAP + " -Dio.netty.eventLoopThreads=1" + byVersion + " " + extraOptions).trim();
  }

  /** Runs one of this module's programs, with this JVM and class path. */
  static List<String> program(Class<?> main, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(main.getName());
    command.addAll(arguments);
    return command;
  }

  /**
   * Starts a server. Its JVM takes its options from the environment, so that one launched through a
   * start script of its own gets the same as one launched directly.
   */
  Process startServer(String name, Work work, List<String> command, ProcessBuilder.Redirect output)
      throws IOException {
    return start(name, serverPin, serverOptions(work), command, output);
  }

  Process startClient(String name, List<String> command) throws IOException {
    return start(name, clientPin, options(), command, ProcessBuilder.Redirect.PIPE);
  }

  private Process start(
      String name,
      List<String> pin,
      String options,
      List<String> command,
      ProcessBuilder.Redirect output)
      throws IOException {
    List<String> pinned = new ArrayList<>(pin);
    pinned.addAll(command);
    File log = directory.resolve(name + ".log").toFile();
    ProcessBuilder builder =
        new ProcessBuilder(pinned).directory(directory.toFile()).redirectOutput(output);
    builder.redirectError(ProcessBuilder.Redirect.appendTo(log));
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("JAVA_TOOL_OPTIONS", options);
    Process process = builder.start();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> kill(process)));
    return process;
  }

  /** Ends a process and what its start script may have started. */
  static void kill(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  private static List<String> pin(String core) {
    List<String> command = List.of("taskset", "-c", core);
    List<String> trial = new ArrayList<>(command);
    trial.add("true");
    try {
      Process process =
          new ProcessBuilder(trial)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.waitFor() == 0 ? command : List.of();
    } catch (IOException e) {
      return List.of();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    }
  }
}
