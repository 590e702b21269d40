// SPDX-License-Identifier: Apache-2.0
package dev.sluice.maven;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A node in a process of its own. Any thread may stop it. */
final class NodeProcess {

  /** Beyond what connections are given; the process ends by itself long before. */
  private static final Duration PATIENCE = Duration.ofSeconds(40);

  private final Process process;

  private NodeProcess(Process process) {
    this.process = process;
  }

  /**
   * How nodes are started.
   *
   * @param classPath the node's, with this plug-in
   * @param jvmArguments for Java
   * @param arguments for {@code sluice}
   * @param output where standard output and standard error go
   */
  record Command(
      List<Path> classPath,
      List<String> jvmArguments,
      List<String> arguments,
      ProcessBuilder.Redirect output) {

    NodeProcess start() throws IOException {
      List<String> words = new ArrayList<>();
      words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      if (Runtime.version().feature() >= 24) {
        // Netty loads its natives and reaches for Unsafe; these JDKs ask for both to be said.
        words.add("--enable-native-access=ALL-UNNAMED");
        words.add("--sun-misc-unsafe-memory-access=allow");
      }
      words.addAll(jvmArguments);
      words.add("-cp");
      words.add(
          classPath.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)));
      words.add(NodeMain.class.getName());
      words.addAll(arguments);
      ProcessBuilder builder = new ProcessBuilder(words);
      builder.redirectOutput(output).redirectError(output);
      return new NodeProcess(builder.start());
    }
  }

  boolean awaitExit(Duration time) throws InterruptedException {
    return process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
  }

  int status() {
    return process.exitValue();
  }

  /** Ends it in order: connections are given the time that the node was told. */
  void stop() {
    try {
      process.getOutputStream().close();
    } catch (IOException e) {
      process.destroy();
    }
    try {
      if (!awaitExit(PATIENCE)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroy();
      Thread.currentThread().interrupt();
    }
  }
}
