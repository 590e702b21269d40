// SPDX-License-Identifier: Apache-2.0
package dev.sluice.transport.epoll;

import dev.sluice.api.Execution;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/** An echo server in a process of its own, for what would hurt the process of the tests. */
final class EchoProcess implements AutoCloseable {

  private static final String LISTENING = "listening on ";
  private static final String FIGURES = "failed to accept: ";

  private final Process process;
  private final CompletableFuture<Void> reader;

  /** All that it printed, its log too. */
  final List<String> lines = new CopyOnWriteArrayList<>();

  /**
   * Starts it.
   *
   * @param descriptors how many files and sockets it may have open
   */
  EchoProcess(int descriptors) throws IOException {
    String java = ProcessHandle.current().info().command().orElse("java");
    process =
        new ProcessBuilder(
                "sh",
                "-c",
                "ulimit -n " + descriptors + "; exec \"$@\"",
                "sh",
                java,
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                EchoProcess.class.getName())
            .redirectErrorStream(true)
            .start();
    reader = CompletableFuture.runAsync(this::readLines, task -> new Thread(task).start());
  }

  private void readLines() {
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String line;
      while ((line = out.readLine()) != null) {
        lines.add(line);
      }
    } catch (IOException ended) {
      lines.add(ended.toString());
    }
  }

  int port() {
    return Integer.parseInt(awaitLine(LISTENING, 0));
  }

  /** Asks for its counter of failures to accept. */
  long failures() throws IOException {
    int from = lines.size();
    OutputStream in = process.getOutputStream();
    in.write('\n');
    in.flush();
    return Long.parseLong(awaitLine(FIGURES, from));
  }

  private String awaitLine(String start, int from) {
    String[] found = new String[1];
    TestNode.await(
        "a line '" + start + "' in " + lines,
        () -> {
          for (String line : lines.stream().skip(from).toList()) {
            if (line.startsWith(start)) {
              found[0] = line.substring(start.length());
              return true;
            }
          }
          return false;
        });
    return found[0];
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
    reader.join();
  }

  /** The server: prints its port, and then the counter for every byte of input. */
  public static void main(String[] none) throws Exception {
    try (TestNode node = new TestNode()) {
      OpenSslServer server = node.serve(new RawEcho(Execution.EVENT_LOOP)).listen();
      liveOnce(server);
      System.out.println(FIGURES + server.endpoint().metrics().snapshot().errors());
      System.out.println(LISTENING + server.address().getPort());
      while (System.in.read() >= 0) {
        System.out.println(
            FIGURES + server.endpoint().metrics().snapshot().errors().getOrDefault("accept", 0L));
      }
    }
  }

  /** Classes that are loaded now, from a folder here, need no descriptor later. */
  private static void liveOnce(OpenSslServer server) throws IOException {
    try (WireClient client = WireClient.to(server)) {
      client.send("x");
      client.receive(1);
      TestNode.await(
          "its loop has looked at it", () -> server.endpoint().metrics().snapshot().bytesOut() > 0);
    }
    TestNode.await("it has ended", () -> server.endpoint().unfinished() == 0);
  }
}
