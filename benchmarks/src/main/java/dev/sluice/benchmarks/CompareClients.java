// SPDX-License-Identifier: Apache-2.0
package dev.sluice.benchmarks;

import dev.sluice.benchmarks.clients.Clients;
import java.nio.file.Path;
import java.util.Set;

/**
 * Compares clients, in this process and by turns, against the hand-written HTTP server in another.
 * {@code clients.sh} starts it on a core of its own.
 */
public final class CompareClients {

  private static final Set<String> OPTIONS =
      Set.of("dir", "rounds", "seconds", "warmup", "connections", "tls", "server-core");

  private CompareClients() {}

  /**
   * Runs the comparison and prints it.
   *
   * @param args options, see the README
   * @throws Exception if a request fails, or the server can't be started
   */
  public static void main(String[] args) throws Exception {
    Options options = Options.parse(args, OPTIONS);
    boolean secure = Boolean.parseBoolean(options.text("tls", "false"));
    Bench bench =
        Bench.create(
            Path.of(options.text("dir", "target/bench")),
            "",
            options.text("server-core", "0"),
            "1");
    try (Server server =
            new NettyContender("netty-server")
                .start(secure ? Work.HTTPS_HELLO : Work.HTTP_HELLO, bench);
        Clients clients =
            new Clients(options.number("connections", 64), secure ? Tls.client() : null)) {
      clients.open(server.port());
      clients.warmUp(options.number("warmup", 10));
      clients.compare(options.number("rounds", 7), options.number("seconds", 2));
    }
    // The JDK's client may leave threads.
    System.exit(0);
  }
}
