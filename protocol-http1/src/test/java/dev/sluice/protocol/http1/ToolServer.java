// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http1;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** A server that others wrote, as a process of its own that ends when this is closed. */
public final class ToolServer implements AutoCloseable {

  private static final String SYSTEM = ":/usr/sbin";

  private final Process process;
  private final Path output;
  private final String tool;

  /** Whether the machine has it. */
  public static boolean isInstalled(String tool) {
    for (String folder : (System.getenv("PATH") + SYSTEM).split(":", -1)) {
      if (Files.isExecutable(Path.of(folder, tool))) {
        return true;
      }
    }
    return false;
  }

  /** A port that nothing listens on now. */
  public static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return free.getLocalPort();
    }
  }

  /** Several, no two of them the same. */
  public static List<Integer> freePorts(int count) throws IOException {
    Set<Integer> ports = new LinkedHashSet<>();
    while (ports.size() < count) {
      ports.add(freePort());
    }
    return List.copyOf(ports);
  }

  /**
   * Starts it, and returns once it listens.
   *
   * @param port which it will listen on
   * @param output takes what it says on both of its streams
   * @param command the tool's name and its arguments
   */
  public ToolServer(int port, Path output, List<String> command) throws IOException {
    this.tool = command.get(0);
    this.output = output;
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().merge("PATH", SYSTEM, String::concat);
    process = builder.start();
    HttpNode.await(tool + " listens: " + output(), () -> listens(port) || !process.isAlive());
    if (!process.isAlive()) {
      throw new AssertionError(tool + " ended: " + output());
    }
  }

  private static boolean listens(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException notYet) {
      return false;
    }
  }

  private String output() throws IOException {
    return Files.readString(output, StandardCharsets.ISO_8859_1);
  }

  @Override
  public void close() {
    process.destroyForcibly();
    try {
      if (!process.waitFor(HttpNode.PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new AssertionError(tool + " does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
