// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The {@code haproxy} of the machine in TCP mode with one thread, in front of an echo. */
record HaproxyContender(String name) implements Contender {

  private static final long START_MILLIS = 10_000;
  private static final long POLL_MILLIS = 50;

  @Override
  public Server start(Work work, Bench bench) throws IOException, InterruptedException {
    int behind = EchoBehind.start(name, work, bench);
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Path configuration =
        Files.writeString(
            bench.directory().resolve(name + ".cfg"),
            """
            global
              nbthread 1
              maxconn 5000
            defaults
              mode tcp
              timeout connect 5s
              timeout client 600s
              timeout server 600s
            listen bench
              bind 127.0.0.1:%d
              server echo 127.0.0.1:%d
            """
                .formatted(port, behind));
    Process process =
        bench.startServer(
            name,
            work,
            List.of("haproxy", "-db", "-f", configuration.toString()),
            ProcessBuilder.Redirect.appendTo(bench.directory().resolve(name + ".log").toFile()));
    for (long waited = 0; waited < START_MILLIS; waited += POLL_MILLIS) {
      if (!process.isAlive()) {
        throw new IOException(name + " ended with status " + process.exitValue() + ", see its log");
      }
      try (Socket trial = new Socket(InetAddress.getLoopbackAddress(), port)) {
        return Server.program(name, process, trial.getPort());
      } catch (IOException notYet) {
        Thread.sleep(POLL_MILLIS);
      }
    }
    Bench.kill(process);
    throw new IOException(name + " does not listen");
  }
}
